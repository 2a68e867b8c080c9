import { quantityText, type TraceCandidate, verdictOf, windowText } from '../../lib/figures';
import { decimal } from '../../lib/format';
import { ScrollRegion } from '../ui/scroll-region';

/** The trace as a table: what the chart shows, for those who would rather read it. */
export function CandidateTable({ candidates }: { readonly candidates: readonly TraceCandidate[] }) {
  const measured = quantityText(candidates[0]?.quantity ?? 'COSINE');
  const heading = measured.charAt(0).toUpperCase() + measured.slice(1);
  return (
    <details className="mt-3">
      <summary className="cursor-pointer text-sm text-accent">All candidates as a table</summary>
      <ScrollRegion label="Candidates" className="mt-2 max-h-80">
        <table className="tabular w-full border-collapse whitespace-nowrap text-sm">
          <thead>
            <tr className="text-left text-xs text-quiet">
              {['Candidate', 'Window', 'Plan tried', heading, 'Verdict', 'Layer forwards'].map((title) => (
                <th
                  key={title}
                  scope="col"
                  className="sticky top-0 border-b border-line-strong bg-surface py-1.5 pr-5 font-medium"
                >
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {candidates.map((candidate) => (
              <tr key={candidate.index} className="border-b border-line last:border-0">
                <td className="py-1 pr-5">{candidate.index + 1}</td>
                <td className="py-1 pr-5">{windowText(candidate)}</td>
                <td className="py-1 pr-5 font-mono text-xs">{candidate.plan}</td>
                <td className="py-1 pr-5">{decimal(candidate.similarity, 4)}</td>
                <td className="py-1 pr-5">{verdictOf(candidate)}</td>
                <td className="py-1 pr-5">{candidate.cached ? 'known already' : candidate.layerForwards}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </details>
  );
}
