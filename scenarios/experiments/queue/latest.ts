/** Latest: a few things that are kept open because they may be asked for again. */

/** Things by key, opened when they are first used. */
export interface Latest<T> {
  /** Opens it if it is not, uses it, and then closes the ones used longest ago, if they are too many. */
  readonly use: <R>(key: string, open: () => Promise<T>, using: (thing: T) => Promise<R>) => Promise<R>;
  /** Closes all. */
  readonly close: () => Promise<void>;
}

/** @param most things that stay open when nobody uses them. @param close what it throws is passed over. */
export function keepLatest<T>(most: number, close: (thing: T) => Promise<void>): Latest<T> {
  // in the order of their last use
  const kept = new Map<string, { readonly thing: Promise<T>; users: number }>();
  const end = (key: string): Promise<void> => {
    const { thing } = kept.get(key)!;
    kept.delete(key);
    return thing.then(close).catch(() => undefined);
  };
  return {
    use: async (key, open, using) => {
      const entry = kept.get(key) ?? { thing: open(), users: 0 };
      kept.delete(key);
      kept.set(key, entry);
      entry.users++;
      try {
        return await using(await entry.thing);
      } catch (error) {
        // what could not be opened is opened anew the next time
        await entry.thing.catch(() => kept.delete(key));
        throw error;
      } finally {
        entry.users--;
        const idle = [...kept].filter(([, { users }]) => users === 0).map(([each]) => each);
        await Promise.all(idle.slice(0, Math.max(idle.length - most, 0)).map(end));
      }
    },
    close: async () => {
      await Promise.all([...kept.keys()].map(end));
    },
  };
}
