import type { MarkdownRenderer } from 'vitepress';

/**
 * Links of pages as the site has them: to `README.md` of a folder is to its index, and one to a file of the repository that is no page
 * (a test, the sample mesh) becomes plain text, as the site has no such file.
 */
export function linksWithin(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links-within', (state) => {
    const depth = String(state.env?.relativePath ?? '').split('/').length - 1;
    for (const { children } of state.tokens) {
      let isOut = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = String(token.attrGet('href'));
          isOut = leavesSite(href, depth);
          token.attrSet('href', href.replace(/\bREADME\.md(?=#|$)/, 'index.md'));
        }
        if (!isOut || !token.type.startsWith('link_')) continue;
        isOut = token.type === 'link_open';
        token.type = 'text';
        token.tag = '';
        token.nesting = 0;
        token.content = '';
      }
    }
  });
}

/** `depth`: folders between the page and `docs/`. */
function leavesSite(href: string, depth: number): boolean {
  if (/^[a-z]+:/.test(href) || href.startsWith('#')) return false;
  const ups = href.split('/').filter((part) => part === '..').length;
  return ups > depth || !/(\.md|\/)(#.*)?$/.test(href);
}
