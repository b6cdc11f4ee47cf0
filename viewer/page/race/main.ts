/** Race page: a race as it happens, or one that is over and came with the page. */
import { carriedRace } from './carried.ts';
import './counters.ts';

const race = carriedRace();
if (race) void import('./replay.ts').then(({ replay }) => replay(race));
else void import('./live.ts');
