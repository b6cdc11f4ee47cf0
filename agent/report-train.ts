import type { TrainReport } from './report.ts';

/** Self-contained HTML of a training run. */
export async function trainReportHtml(report: TrainReport): Promise<string> {
  return report.arm;
}
