import type { BenchReport } from './report.ts';

/** Self-contained HTML of a benchmark. */
export async function benchReportHtml(report: BenchReport): Promise<string> {
  return report.preset;
}
