/** Error of an external policy that can be asked no more. */
import { UserError } from '../../sim/user-error.ts';

/** Thrown when an external policy ended, fell silent or never greeted; the message names it. The command line exits with 1. */
export class ExternalError extends UserError {
  override readonly exitCode = 1;
}
