/**
 * An error whose message is all that the user needs: input to mend, or an interruption. The command line prints the message alone
 * and ends with `exitCode`.
 */
export class UserError extends Error {
  readonly exitCode: number = 2;
}
