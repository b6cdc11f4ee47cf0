/** Input error: bad input, apart from what parses it, so that a page can read files without the schema. */
import { UserError } from '../../sim/user-error.ts';

/** Bad input from the user: the command line prints the message alone and exits with 2. */
export class InputError extends UserError {}
