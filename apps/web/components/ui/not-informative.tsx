/** Marks a task that says nothing of this model: its dense figure is not above what one constant answer scores. */
export function NotInformative({ task }: { readonly task: string }) {
  return (
    <span
      className="mt-0.5 block w-fit rounded border border-warn bg-warn-soft px-1 text-xs font-normal text-warn"
      title="Not informative for this model: its dense score is not significantly above always giving the commonest right answer. Pruning can break the model into that answer and raise the score."
      data-not-informative={task}
    >
      <span aria-hidden="true">≉ </span>not informative
    </span>
  );
}
