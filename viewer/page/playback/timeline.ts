/** Timeline: ticks of trials, cursor, legend and time slider. */
import { OUTCOMES, type Outcome } from '../../../sim/outcome.ts';
import type { TrialSummary } from '../../../sim/recording/marks.ts';
import { outcomeColour, outcomeReason } from '../outcomes.ts';
import { element } from '../panel.ts';
import { themeColour } from '../scene/colours.ts';
import { passes, type TrialFilter } from './filter.ts';

/** A trial as a tick. */
type Tick = Pick<TrialSummary, 'trial' | 'families' | 'outcome'>;

/** Who is told what the timeline is asked for. */
interface Asked {
  onTrial(index: number): void;
  /** @param time seconds within the trial. */
  onTime(time: number): void;
}

/** Trials in a row; where a recording lacks one there is a gap. */
type Row = readonly (Tick | undefined)[];

/** Share of the height that a success takes: a failure stands out by its height alone, too. */
const HELD_HEIGHT = 0.5;
const ROW_PX = 18;
const GAP_PX = 3;

/** Trials as coloured ticks, a row for each recording, and the time within the trial. */
export class Timeline {
  readonly #canvas = element<HTMLCanvasElement>('ticks');
  readonly #scrub = element<HTMLInputElement>('scrub');
  #rows: readonly Row[] = [];
  #filter: TrialFilter = {};
  #index = 0;
  #count = 0;

  constructor(asked: Asked) {
    const pick = ({ clientX }: PointerEvent): void => {
      const { left, width } = this.#canvas.getBoundingClientRect();
      asked.onTrial(Math.min(Math.max(Math.floor(((clientX - left) / width) * this.#count), 0), this.#count - 1));
    };
    this.#canvas.addEventListener('pointerdown', (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      pick(event);
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 1) pick(event);
      else this.#explain(event);
    });
    this.#canvas.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      const to = { Home: 0, End: this.#count - 1 }[event.key];
      if (by === undefined && to === undefined) return;
      event.preventDefault();
      asked.onTrial(Math.min(Math.max(to ?? this.#index + (by ?? 0), 0), this.#count - 1));
    });
    this.#scrub.addEventListener('input', () => asked.onTime(Number(this.#scrub.value)));
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
  }

  /** @param rows trials of each recording; the first row leads. @param filter what it lets through stands out. */
  setRows(rows: readonly Row[], filter: TrialFilter): void {
    this.#rows = rows;
    this.#filter = filter;
    this.#count = rows[0]?.length ?? 0;
    this.#canvas.style.height = `${Math.max(rows.length, 1) * (ROW_PX + GAP_PX)}px`;
    showLegend(rows.map((row) => row.filter((tick) => tick && passes(filter, tick))));
    this.#draw();
  }

  /** Marks where it is. Seconds. */
  setPosition(index: number, time: number, duration: number): void {
    this.#scrub.max = duration.toFixed(3);
    if (document.activeElement !== this.#scrub || Math.abs(Number(this.#scrub.value) - time) > 0.02)
      this.#scrub.value = time.toFixed(3);
    this.#scrub.setAttribute('aria-valuetext', `${time.toFixed(2)} of ${duration.toFixed(2)} seconds`);
    if (index === this.#index) return;
    this.#index = index;
    this.#draw();
  }

  #explain({ clientX }: PointerEvent): void {
    const { left, width } = this.#canvas.getBoundingClientRect();
    const at = Math.floor(((clientX - left) / width) * this.#count);
    this.#canvas.title = this.#rows
      .map((row) => row[at])
      .flatMap((tick) => (tick ? [`trial ${tick.trial}: ${tick.outcome}, ${outcomeReason(tick.outcome)}`] : []))
      .join('\n');
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.max(Math.round(width * ratio), 1);
    this.#canvas.height = Math.max(Math.round(height * ratio), 1);
    const context = this.#canvas.getContext('2d')!;
    context.scale(ratio, ratio);
    this.#rows.forEach((row, i) => {
      drawRow(context, row, i * (ROW_PX + GAP_PX), width / Math.max(this.#count, 1), this.#filter);
    });
    this.#drawCursor(context, width, height);
    const current = this.#rows[0]?.[this.#index];
    const set = (name: string, value: string | number): void => this.#canvas.setAttribute(name, String(value));
    set('aria-valuemin', 1);
    set('aria-valuemax', Math.max(this.#count, 1));
    set('aria-valuenow', this.#index + 1);
    set('aria-valuetext', current ? `trial ${current.trial}, ${current.outcome}` : 'no trials');
  }

  #drawCursor(context: CanvasRenderingContext2D, width: number, height: number): void {
    if (this.#count === 0) return;
    const step = width / this.#count;
    const wide = Math.max(step, 3);
    const x = Math.min((this.#index + 0.5) * step, width - wide / 2 - 1);
    context.strokeStyle = themeColour('--ink');
    context.lineWidth = 1.5;
    context.strokeRect(Math.max(x - wide / 2, 0.75), 0.75, wide, height - 1.5);
  }
}

/** Draws ticks; where several share a pixel, a failure wins, so that none is overlooked. */
function drawRow(context: CanvasRenderingContext2D, row: Row, top: number, step: number, filter: TrialFilter): void {
  const drawn = new Set<number>();
  // what is looked at first, and of that failures: what is drawn later does not cover them
  for (const [shown, failures] of DRAWING_ORDER) {
    context.globalAlpha = shown ? 1 : 0.16;
    row.forEach((tick, i) => {
      if (!tick || (tick.outcome !== 'held') !== failures || passes(filter, tick) !== shown) return;
      const x = step < 1 ? Math.floor(i * step) : i * step;
      if (step < 1 && drawn.has(x)) return;
      drawn.add(x);
      const height = ROW_PX * (failures ? 1 : HELD_HEIGHT);
      context.fillStyle = outcomeColour(tick.outcome);
      context.fillRect(x, top + ROW_PX - height + GAP_PX / 2, Math.max(step - (step > 4 ? 1 : 0), 1), height);
    });
  }
  context.globalAlpha = 1;
}

const DRAWING_ORDER = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;

/** Names the outcomes that there are. */
function showLegend(rows: readonly Row[]): void {
  const counts = new Map<Outcome, number>();
  for (const tick of rows.flat()) if (tick) counts.set(tick.outcome, (counts.get(tick.outcome) ?? 0) + 1);
  const items = OUTCOMES.filter((o) => counts.has(o)).map((outcome) => {
    const item = document.createElement('li');
    const swatch = document.createElement('i');
    swatch.style.background = outcomeColour(outcome);
    if (outcome === 'held') swatch.className = 'low';
    item.append(swatch, `${outcome} ${(counts.get(outcome) ?? 0).toLocaleString('en')}`);
    item.title = outcomeReason(outcome);
    return item;
  });
  element('legend').replaceChildren(...items);
}
