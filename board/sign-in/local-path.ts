/** A path of this board to go back to; anything that could lead elsewhere is `/`. */
export function localPath(text: string | undefined): string {
  if (text === undefined || text.length > 2_000 || !text.startsWith('/')) return '/';
  // Browsers read a back slash as a slash, and drop tabs and line ends.
  if (/^\/\//.test(text) || /[\p{Cc}\\]/u.test(text)) return '/';
  const url = new URL(text, 'http://board.invalid');
  if (url.host !== 'board.invalid' || url.pathname.startsWith('/sign-in')) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}
