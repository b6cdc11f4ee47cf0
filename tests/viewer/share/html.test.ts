import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtPages } from '../../../viewer/build.ts';
import { type Carried, carriedText, parseCarried } from '../../../viewer/page/share/carried.ts';
import { onePagePolicy, withCarried, withData, withPolicy, withTitle } from '../../../viewer/share/html.ts';

const NASTY = '</script><script>alert(1)</script><!-- $& $1 "';
const carried: Carried = { play: false, recording: { name: NASTY } };
let page: string;

beforeAll(async () => {
  page = readFileSync(join(await builtPages(), 'share.html'), 'utf8');
}, 600_000);

const count = (text: string, part: string): number => text.split(part).length - 1;

describe('what a page carries', () => {
  it('is read as it was written, and ends no element', () => {
    expect(parseCarried(carriedText(carried))).toEqual(carried);
    expect(carriedText(carried)).not.toContain('<');
    expect(parseCarried('null')).toBeUndefined();
  });

  it('goes into the page in the place of nothing', () => {
    const with_ = withCarried(page, carried);
    const [, text] = /<script type="application\/json" id="carried">([^<]*)<\/script>/.exec(with_)!;
    expect(parseCarried(text)).toEqual(carried);
    expect(count(with_, '</script>')).toBe(count(page, '</script>'));
    expect(() => withCarried('<p>another page</p>', carried)).toThrow(/expected <script type="application\/json"/);
  });
});

describe('the page in one file', () => {
  it('has its script, its styles and their licences in it, and names no other file', () => {
    expect(count(page, '<script type="module">')).toBe(1);
    expect(page).not.toMatch(/<(script|link|img)[^>]* (src|href)="(?!data:)/);
    expect(page).toMatch(/^three \d+\.\d+\.\d+$/m);
    expect(page).not.toContain('Licence: unknown');
    // the play page's own
    expect(page).not.toMatch(/^@tensorflow\/tfjs-core \d/m);
  });

  it('lets no script run but its own, and asks for nothing unless files lie beside it', () => {
    const [, code] = /<script type="module">([\s\S]*?)<\/script>/.exec(page)!;
    const hash = createHash('sha256').update(code).digest('base64');
    const [alone, beside] = [onePagePolicy(page, false), onePagePolicy(page, true)];
    expect(alone).toContain("default-src 'none'");
    expect(alone).toContain(`script-src 'sha256-${hash}';`);
    expect(alone).not.toContain('connect-src');
    expect(beside).toContain("connect-src 'self'");
    for (const policy of [alone, beside]) expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(withPolicy(page, alone)).toMatch(
      /<meta charset="utf-8" \/>\n {4}<meta http-equiv="Content-Security-Policy" content="default-src 'none'/,
    );
  });

  it('is named and described in words of the run', () => {
    const named = withTitle(page, NASTY, NASTY);
    expect(named).toContain(
      `<title>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!-- $&amp; $1 &quot;</title>`,
    );
    expect(count(named, '</script>')).toBe(count(page, '</script>'));
    expect(named).not.toContain('Live view of a grasp-learning run');
  });

  it('takes data that no browser runs', () =>
    expect(withData(page, 'mine', 'application/octet-stream', 'AAEC')).toContain(
      '<script type="application/octet-stream" id="mine">AAEC</script>',
    ));
});
