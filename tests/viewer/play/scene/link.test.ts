import { expect, it } from 'vitest';
import { sceneFragment, sceneOfFragment } from '../../../../viewer/play/scene/link.ts';

const TEXT = 'description: Übung\nscene: { placed: [{ family: mug, position: [0, 0, 0.1], falls: true }] }\n';

it('the link of a scene gives its text again, and needs no escaping', async () => {
  const fragment = await sceneFragment(TEXT);
  expect(fragment).toMatch(/^scene=1\.[\w-]+$/);
  expect(await sceneOfFragment(`#${fragment}`)).toBe(TEXT);
  expect(await sceneOfFragment('')).toBeUndefined();
  expect(await sceneOfFragment('#t=3,1')).toBeUndefined();
});

it('the link of a scene is refused where it is of another version, damaged, or holds too much', async () => {
  const fragment = await sceneFragment(TEXT);
  const refused = (text: string, message: string): Promise<void> =>
    expect(sceneOfFragment(text)).rejects.toThrow(message);
  await refused(fragment.replace('=1.', '=2.'), 'link: expected a scene of version 1, got 2');
  await refused('#scene=abc', 'link: expected a scene of version 1, got none');
  for (const broken of [fragment.slice(0, -6), `${fragment}!`, 'scene=1.', fragment.replace('1.', '1.AAAA')])
    await refused(broken, 'link: expected a whole scene link, got a damaged one');
  await refused(await sceneFragment('x'.repeat(5e6)), 'link: expected a whole scene link, got a damaged one');
});
