/** Names of the files that a shared page is made of. */

/** Pages in one file each, among the built pages: what they are built from, and their names. */
export const ONE_PAGES = {
  run: { from: 'index.html', file: 'share.html' },
  race: { from: 'race.html', file: 'share-race.html' },
  walk: { from: 'walk/walk.html', file: 'share-walk.html' },
} as const;
/** Beside a shared benchmark's page: recordings of its trials. */
export const TRIALS_FOLDER = 'trials';
export const RECORDING_FILE = 'recording.mcap';
export const REPORT_FILE = 'report.html';
/** The snippet for other pages. */
export const EMBED_FILE = 'embed.txt';

/** Among the built pages, too. */
export const PLAY_PAGE = 'play.html';
/** Licences of the packages in the pages. */
export const NOTICES_FILE = 'third-party-notices.txt';
