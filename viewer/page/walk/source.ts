/** Source: where the page has a benchmark and its recordings from, a server or itself. */
import { WALK_FILE, type Walk } from '../../../sim/recording/walk.ts';
import { bytesOfBase64 } from '../connection.ts';
import { CARRIED_ID, inlineTrialId } from '../share/carried.ts';
import { checkedWalk } from './checked.ts';

/** A benchmark, and recordings of its trials by name. */
export interface WalkFiles {
  readonly walk: Walk;
  /** @throws Error that says why the trial cannot be watched. */
  readonly recording: (name: string) => Promise<Uint8Array<ArrayBuffer>>;
}

/** Opens what the page carries, or what its server has. @throws Error that says why there is nothing. */
export async function openWalkFiles(): Promise<WalkFiles> {
  const carried: unknown = JSON.parse(document.getElementById(CARRIED_ID)?.textContent ?? 'null');
  if (carried !== null) return { walk: checkedWalk(carried), recording: carriedTrial(checkedWalk(carried)) };
  return { walk: checkedWalk(await (await asked(`./${WALK_FILE}`, 'a benchmark')).json()), recording: servedTrial };
}

async function asked(address: string, what: string): Promise<Response> {
  const answer = await fetch(address).catch(() => {
    throw new Error('The server does not answer. What is shown stays; start graft view again, and reload the page.');
  });
  if (answer.ok) return answer;
  if (answer.status === 422) throw new Error((await answer.text()).trim());
  throw new Error(`Expected ${what} at ${address}, got ${answer.status} ${answer.statusText}.`);
}

const servedTrial = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await asked(`./trials/${name}.mcap`, 'a recording')).arrayBuffer());

/** A trial that came with the page: in it, or beside it. */
const carriedTrial =
  ({ recorded = [] }: Walk) =>
  async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    if (!recorded.includes(name))
      throw new Error('This grasp did not come with the page; graft view of the benchmark plays any of them.');
    const inlined = document.getElementById(inlineTrialId(name));
    return inlined ? bytesOfBase64(inlined.textContent ?? '') : servedTrial(name);
  };
