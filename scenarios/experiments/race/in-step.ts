/** Views in step: episodes of the same trial, one of each arm, handed over together and equally long. */
import { type Episode, GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import type { LiveView } from '../../../sim/recording/live-view.ts';

/**
 * Views of arms that play the same trial at the same time. The first arm that asks in a round decides whether it is recorded, for
 * all; the episodes are handed over once every arm has tried the trial.
 * @param views one for each arm.
 */
export function inStep(views: readonly LiveView[]): LiveView[] {
  let asked = new Set<number>();
  let wanted = false;
  let waiting = new Map<number, Episode>();
  const wants = (arm: number): boolean => {
    if (asked.size === 0 || asked.has(arm)) {
      asked = new Set();
      // every view is asked: each knows only whether it is watched itself
      wanted = views.map((view) => view.wantsEpisode()).includes(true);
    }
    asked.add(arm);
    return wanted;
  };
  const add = (arm: number, episode: Episode): void => {
    const [first] = waiting.values();
    if (first && (first.trial !== episode.trial || first.split !== episode.split)) waiting = new Map();
    waiting.set(arm, episode);
    if (waiting.size < views.length) return;
    const together = equallyLong(views.map((_, i) => waiting.get(i)!));
    waiting = new Map();
    views.forEach((view, i) => void view.publishEpisode(together[i]));
  };
  return views.map((view, arm) => ({
    ...view,
    wantsEpisode: () => wants(arm),
    publishEpisode: (episode) => add(arm, episode),
  }));
}

/** The episodes with the last frame of the shorter ones held until the longest is over. */
export function equallyLong(episodes: readonly Episode[]): Episode[] {
  const frames = Math.max(...episodes.map(({ phases }) => phases.length));
  return episodes.map((episode) => ({
    ...episode,
    phases: held(episode.phases, 1, frames),
    poses: held(episode.poses, (GRIPPER_BODIES + episode.objects.length) * 7, frames),
    ...(episode.pressed && { pressed: held(episode.pressed, episode.pressed.length / episode.phases.length, frames) }),
  }));
}

/** @param list [frames, width]. */
function held<T extends Float32Array | Uint8Array>(list: T, width: number, frames: number): T {
  const longer = new (list.constructor as new (length: number) => T)(frames * width);
  longer.set(list);
  const last = list.subarray(list.length - width);
  for (let at = list.length; at < longer.length; at += width) longer.set(last, at);
  return longer;
}
