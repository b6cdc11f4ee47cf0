/** Token of the page: what its address says, `#token=...`, kept for this tab alone. */

const KEY = 'graft-token';

/** Sub-protocols in which a websocket sends the token: none without one. */
export function tokenProtocols(): string[] {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) {
    sessionStorage.setItem(KEY, token);
    // out of the address bar, and of whatever is copied from there
    history.replaceState(null, '', location.pathname + location.search);
  }
  const known = sessionStorage.getItem(KEY);
  // what cannot be sent is no token
  return known !== null && /^[\w.~-]+$/.test(known) ? [`token.${known}`] : [];
}
