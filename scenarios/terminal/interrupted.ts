/** Interruption by the user, who asks for no more work. */
import { UserError } from '../../sim/user-error.ts';

/** Thrown when the user interrupts; the command line saves and exits with 130. */
export class Interrupted extends UserError {
  override readonly exitCode = 130;
}
