import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { QUEUE } from '../../scenarios/experiments/queue/job.ts';
import { run } from '../support/process/cli.ts';
import { missingPackages, runPython, without } from '../support/process/python.ts';

const folder = fileURLToPath(new URL('../../docs/machines/', import.meta.url));

/** Every text in a document, however deep. */
const textsIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [String(value)];

describe.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('docs/machines/%s', (name) => {
  const documents = parseAllDocuments(readFileSync(join(folder, name), 'utf8'));

  it('is YAML, and calls graft as it can be called', async () => {
    for (const { errors } of documents) expect(errors).toEqual([]);
    const texts = documents.flatMap((document) => textsIn(document.toJS()));
    const words = texts.flatMap((text) => text.split(' '));
    const [, ...args] = words.slice(words.indexOf('graft.js'));
    const verb = args.slice(0, args[0] === 'bench' ? 2 : 1);
    const known = (await run([...verb, '--help'])).stdout;
    const options = args.filter((word) => word.startsWith('--'));
    expect(options.length).toBeGreaterThan(2);
    for (const option of options) expect(known).toContain(`${option} <`);
  });

  it('names the lists of the queue', () => {
    const lists = documents.flatMap((document) => textsIn(document.toJS())).filter((text) => text.startsWith('bull:'));
    for (const list of lists) expect(list).toMatch(new RegExp(`^bull:${QUEUE}:(wait|active)$`));
  });
});

const missing = missingPackages('kubernetes_validate', 'compose_spec', 'yaml');

/** What the schemas say of a file: Kubernetes' own, the Compose specification's. KEDA's object has none that comes as a package. */
const VALIDATE = `
import sys, yaml, kubernetes_validate, compose_spec
text = sys.argv[1]
if 'services:' in text:
    for found in compose_spec.PyCompose.from_yaml(text).validate() or []: raise Exception(found)
else:
    for document in yaml.safe_load_all(text):
        if document['kind'] != 'ScaledObject':
            print(document['kind'], kubernetes_validate.validate(document, '1.34', strict=True))
`;

/** @throws Error with what is wrong. */
const validate = (text: string): Promise<string> => runPython(['-c', VALIDATE, text]);

describe.skipIf(missing.length > 0)(`schemas${without(missing)}`, () => {
  it.each([
    ['compose.yaml', '', ['depends_on', 'depends_upon']],
    ['kubernetes-parts.yaml', 'Job 1.34', ['completionMode', 'completionsMode']],
    ['kubernetes-workers.yaml', 'Deployment 1.34', ['terminationGracePeriodSeconds', 'gracePeriod']],
  ] as const)('know %s, and not one with a wrong key', async (name, said, [key, wrong]) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect((await validate(text)).trim()).toBe(said);
    expect(text).toContain(key);
    await expect(validate(text.replace(key, wrong))).rejects.toThrow(wrong);
  });
});
