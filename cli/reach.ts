/** Reach of a server: other machines are served only if they know a token. */
import { UserError } from '../sim/user-error.ts';

/** @throws UserError if others than this machine could connect, and no token is asked of them. */
export async function checkReach(host: string, token: string | undefined): Promise<void> {
  const { isLoopback } = await import('../viewer/access.ts');
  if (isLoopback(host) || token !== undefined) return;
  throw new UserError(`--host ${host}: expected --token, since other machines can reach it, got none`);
}
