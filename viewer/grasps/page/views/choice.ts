/** Choice: the grasp that list, picture, map and scene point at together. */

/** Which grasps stand out; -1 is none. */
export interface Pointed {
  readonly selected: number;
  readonly hovered: number;
}

/** One selected grasp, and one under the pointer; tells whoever shows them. */
export class Choice {
  #pointed: Pointed = { selected: 0, hovered: -1 };
  readonly #listeners: ((pointed: Pointed) => void)[] = [];

  get pointed(): Pointed {
    return this.#pointed;
  }

  /** Calls back whenever another grasp stands out. */
  listen(listener: (pointed: Pointed) => void): void {
    this.#listeners.push(listener);
  }

  select(rank: number): void {
    this.#set({ ...this.#pointed, selected: rank });
  }

  /** @param rank -1: none. */
  hover(rank: number): void {
    this.#set({ ...this.#pointed, hovered: rank });
  }

  #set(pointed: Pointed): void {
    const { selected, hovered } = this.#pointed;
    if (pointed.selected === selected && pointed.hovered === hovered) return;
    this.#pointed = pointed;
    for (const listener of this.#listeners) listener(pointed);
  }
}
