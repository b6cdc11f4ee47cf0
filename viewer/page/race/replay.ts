/** Replay of a race: recordings of two arms side by side and in step, and the board of all. */
import { bytesOfBase64 } from '../connection.ts';
import { bindActions, copyLink, listLayers, listSpeeds, showPaused } from '../controls.ts';
import { element, setText, showConnection, showMessage } from '../panel.ts';
import { type LoadedEpisode, RecordingFile } from '../playback/recording.ts';
import { RecordingSession } from '../playback/session.ts';
import { bytesSource, urlSource } from '../playback/sources.ts';
import { Timeline } from '../playback/timeline.ts';
import { drawMap } from '../scene/images.ts';
import { LAYERS } from '../scene/layers.ts';
import { Stages } from '../scene/stages.ts';
import { inlineTrialId } from '../share/carried.ts';
import { embedButton } from '../share/embed-dialog.ts';
import { onTheme, themeButton } from '../theme.ts';
import { type BoardArm, showBoard } from './board.ts';
import type { CarriedRace } from './carried.ts';
import { counters } from './counters.ts';
import { raceLink, raceMoment } from './link.ts';

const PLACES = ['first', 'second'] as const;
const STEP_SECONDS = 1 / 30;

/** Shows a race that came with the page. */
export function replay({ info, arms, play = false }: CarriedRace): void {
  const names = arms.map(({ name }) => name);
  const shown: [number, number] = [0, 1];
  const trials: (LoadedEpisode | undefined)[] = [];
  const opened = new Map<number, Promise<RecordingFile>>();
  let session: RecordingSession | undefined;
  let lastDraw = 0;

  const stages = new Stages();
  stages.setBeside(true);
  counters.webgl = stages.first.view !== undefined;
  const stageAt = (place: number) => (place === 0 ? stages.first : stages.second);

  const fileOf = (arm: number): Promise<RecordingFile> => {
    const known = opened.get(arm) ?? openArm(arms[arm]);
    opened.set(arm, known);
    known.catch(() => opened.delete(arm));
    return known;
  };

  /** Puts the two arms on stage, at the trial that was looked at. */
  async function stage(at?: { readonly index: number; readonly time: number }): Promise<void> {
    const player = session?.player;
    const from = at ?? { index: player?.index ?? 0, time: 0 };
    const wanted = [...shown];
    try {
      const [left, right] = await Promise.all(wanted.map(fileOf));
      if (wanted.some((arm, place) => arm !== shown[place])) return;
      session?.close();
      session = new RecordingSession(left, {
        onTrials: () => setRows(),
        onTrial: present,
        onError: (message) => showMessage(message),
      });
      session.putBeside(right);
      session.player.seek(from.index, from.time);
      session.player.playing = at === undefined && (player?.playing ?? true);
      setRows();
      showConnection('recording');
    } catch (error) {
      showMessage(error instanceof Error ? error.message : String(error));
      showConnection('no recording');
    }
  }

  const timeline = new Timeline({
    onTrial: (index) => session?.player.seek(index, 0),
    onTime: (time) => {
      if (!session) return;
      session.player.playing = false;
      session.player.seek(session.player.index, time);
    },
  });
  const setRows = (): void => {
    if (session) timeline.setRows(session.rows(), {});
  };

  function present(place: 0 | 1, trial: LoadedEpisode | undefined): void {
    trials[place] = trial;
    if (!trial) {
      setText(place === 0 ? 'trial-title' : 'second-title', 'This arm did not record this trial');
      return;
    }
    const stageHere = stageAt(place);
    stageHere?.begin(trial.info, trial.geometry);
    stageHere?.see(trial.info, trial.seen);
    counters.episodes[place] = trial.info.trial;
    showMap(place);
  }

  function showMap(place: number): void {
    const trial = trials[place];
    const { heightmap, affordance } = trial?.seen ?? {};
    if (!trial || !heightmap) return;
    const { size, cell, values: height } = heightmap;
    const chances = affordance?.size === size ? affordance.values : null;
    const canvas = element<HTMLCanvasElement>(`${PLACES[place]}-map`);
    drawMap(canvas, { size, cell, height, affordance: chances }, trial.info);
    setText(`${PLACES[place]}-map-of`, chances ? names[shown[place]] : `${names[shown[place]]}: heights`);
  }

  function board(): void {
    const all = arms.map((arm): BoardArm => ({ ...arm, evaluation: [] }));
    showBoard(all, { ...info, arms: names.map((name, i) => ({ name, stream: '', seconds: arms[i].seconds })) }, shown);
    element<HTMLAnchorElement>('lead-link').target = '_blank';
    for (const [place, name] of PLACES.entries()) {
      const list = element<HTMLSelectElement>(`${name}-arm`);
      list.value = String(shown[place]);
      list.className = `arm arm-${shown[place]}`;
      element(`${name}-map-of`).className = `arm-${shown[place]}`;
    }
  }

  /** Shows an arm at a place; if it is at the other one, the two change places. */
  function choose(place: number, arm: number): void {
    const other = 1 - place;
    if (shown[other] === arm) shown[other] = shown[place];
    shown[place] = arm;
    board();
    void stage();
  }

  for (const [place, name] of PLACES.entries()) {
    const list = element<HTMLSelectElement>(`${name}-arm`);
    list.replaceChildren(...names.map((each, i) => new Option(each, String(i))));
    list.addEventListener('change', () => choose(place, Number(list.value)));
  }

  function draw(now: number): void {
    requestAnimationFrame(draw);
    if (!stages.areReady(now)) return;
    const seconds = Math.min((now - lastDraw) / 1000, 0.25);
    lastDraw = now;
    if (session) showMoment(session, seconds);
    stages.render(now, true);
    counters.pixelRatio = stages.first.view?.pixelRatio ?? 1;
  }

  function showMoment(current: RecordingSession, seconds: number): void {
    const { player } = current;
    current.tick(seconds).forEach((sample, place) => {
      if (!sample || !stageAt(place)?.show(sample)) return;
      counters.shownCounts[place]++;
      counters.times[place] = sample.time;
    });
    timeline.setPosition(player.index, player.time, player.duration);
    setText(
      'clock',
      `trial ${player.index + 1} of ${player.count} · ${player.time.toFixed(2)} of ${player.duration.toFixed(2)} s`,
    );
    showPaused(!player.playing);
  }

  const speeds = listSpeeds((speed) => {
    if (session) session.player.speed = speed;
  });
  const faster = (by: 1 | -1): void => {
    session?.player.faster(by);
    speeds(session?.player.speed ?? 1);
  };
  const skip = (direction: 1 | -1): void => {
    if (session && !session.player.skipToStop(direction))
      showMessage('No failure further on; previous ones are behind P.');
  };
  /** The fragment of what is shown. */
  const place = (): string => {
    const pair = shown.map((arm) => names[arm]);
    return session ? raceLink(pair, session.player.index, session.player.time) : '';
  };

  bindActions({
    pause: () => session?.player.toggle(),
    reset: () => {
      stages.first.view?.reset();
      stages.second?.view?.reset();
    },
    'message-close': () => showMessage(undefined),
    previous: () => session?.player.skip(-1),
    next: () => session?.player.skip(1),
    back: () => session?.player.step(-STEP_SECONDS),
    forward: () => session?.player.step(STEP_SECONDS),
    failure: () => skip(1),
    'failure-before': () => skip(-1),
    slower: () => faster(-1),
    faster: () => faster(1),
    link: () => void (session && copyLink(place())),
    ...Object.fromEntries(LAYERS.map(({ name }) => [`layer-${name}`, () => stages.toggleLayer(name)])),
  });
  listLayers((name) => stages.toggleLayer(name));
  embedButton(place);
  themeButton(element('theme'));
  onTheme(() => [0, 1].forEach(showMap));

  /** Goes to the moment of the address, as far as there is one. */
  async function follow(): Promise<void> {
    const asked = raceMoment(location.hash, names, (await fileOf(0).catch(() => undefined))?.marks.length ?? 0);
    showMessage(typeof asked === 'string' ? asked : undefined);
    if (typeof asked === 'object') shown.splice(0, 2, ...asked.arms.map((name) => names.indexOf(name)));
    board();
    await stage(typeof asked === 'object' ? asked.at : undefined);
  }

  element('timeline').hidden = false;
  element('play-link').hidden = !play;
  showConnection('opening');
  addEventListener('hashchange', () => void follow());
  requestAnimationFrame(draw);
  void follow();
}

/** The recording of an arm, in the page or beside it. */
async function openArm({ name, recording }: CarriedRace['arms'][number]): Promise<RecordingFile> {
  const inlined = document.getElementById(inlineTrialId(name))?.textContent;
  const source =
    recording.address === undefined
      ? bytesSource(recording.name, bytesOfBase64(inlined ?? ''))
      : await urlSource(recording.address);
  return RecordingFile.open(source);
}
