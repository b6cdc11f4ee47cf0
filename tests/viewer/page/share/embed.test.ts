import { describe, expect, it } from 'vitest';
import { embedSnippet, parseEmbedSize } from '../../../../viewer/page/share/embed.ts';

describe('the size of an embedded page', () => {
  it('is a width and a height', () => expect(parseEmbedSize('1280x720')).toEqual({ widthPx: 1280, heightPx: 720 }));

  it.each(['', '960', '960x', 'x600', '960x600x2', '-960x600', '1e3x600', '960 x 600', '239x600', '960x8193'])(
    'is refused as %j',
    (text) => expect(() => parseEmbedSize(text)).toThrow(/expected <width>x<height>, each 240 to 8192 pixels/),
  );
});

it('a snippet says where, how large and what, and no text of it ends early', () => {
  const snippet = embedSnippet('https://example.org/a?b="&c#t=3,1.50', '<b>"mine" & yours', {
    widthPx: 800,
    heightPx: 450,
  });
  expect(snippet).toMatch(/^<iframe [^<>]*><\/iframe>$/);
  expect(snippet).toContain('src="https://example.org/a?b=&quot;&amp;c#t=3,1.50"');
  expect(snippet).toContain('title="&lt;b&gt;&quot;mine&quot; &amp; yours"');
  expect(snippet).toContain('width="800" height="450"');
});
