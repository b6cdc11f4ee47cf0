/** Where a job's notes and progress go: the standard error of the process, unless somebody redirects them. */
export type NoteStream = NodeJS.WritableStream & {
  /** A terminal gets progress bars in place of lines. */
  readonly isTTY?: boolean;
};

let stream: NoteStream | undefined;

/** The stream that notes go to at this moment. */
export const noteStream = (): NoteStream => stream ?? process.stderr;

/** Sends all notes of this thread elsewhere. @returns what puts the stream from before back. */
export function redirectNotes(to: NoteStream): () => void {
  const before = stream;
  stream = to;
  return () => {
    stream = before;
  };
}

/** Writes one line for whoever watches. */
export const note = (text: string): void => void noteStream().write(`${text}\n`);
