/** Names of the files that a shared page is made of. */

/** The viewer in one file, among the built pages. */
export const ONE_PAGE_FILE = 'share.html';
export const RECORDING_FILE = 'recording.mcap';
export const REPORT_FILE = 'report.html';
/** The snippet for other pages. */
export const EMBED_FILE = 'embed.txt';

/** Among the built pages, too. */
export const PLAY_PAGE = 'play.html';
/** Licences of the packages in the pages. */
export const NOTICES_FILE = 'third-party-notices.txt';
