/** Command lines as they may be told: in reports, recordings and model cards, which other people read. */

/** An option whose value is a secret. */
const SECRET = '--token';

/** What stands between the scheme and the host of an address: a name and a password. */
const LOGIN = /([a-z][a-z+.-]*:\/\/)[^/@\s]*@/gi;

/**
 * The command as it was typed, without secrets: tokens are left out, addresses lose the name and password in them. The same command
 * without them makes the same results.
 * @param argv after the program's name.
 */
export const toldCommand = (argv: readonly string[]): string =>
  [
    'npx graft',
    ...argv
      .filter((word, i) => word !== SECRET && !word.startsWith(`${SECRET}=`) && argv[i - 1] !== SECRET)
      .map((word) => word.replace(LOGIN, '$1')),
  ].join(' ');
