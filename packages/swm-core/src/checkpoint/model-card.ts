import { formatPlan, isRewiring, type LayerPlan, outputDepth } from '../plan/index.js';
import { planId } from '../plan/plan-id.js';

/** Where an exported checkpoint comes from: facts only, they become its README.md. */
export interface CardFacts {
  /** As the user registered the model, e.g. `HuggingFaceTB/SmolLM2-135M`. */
  readonly modelName: string;
  /** Commit or content hash of the source. */
  readonly modelRevision: string;
  /** Name of the method that proposed the plan, e.g. `swm`. */
  readonly method: string;
  /** Name and version of the writer, e.g. `swm-platform 0.1.0`. */
  readonly tool: string;
}

/** README.md of an exported checkpoint, from the plan and facts; it states no score and makes no claim. */
export function modelCard(
  facts: CardFacts,
  plan: LayerPlan,
  counted: { readonly parameters: number; readonly sourceParameters: number; readonly weightsDigest: string },
): string {
  const { parameters, sourceParameters, weightsDigest } = counted;
  const merges = plan.recipes.filter(({ kind }) => kind === 'merge').length;
  const { name, factor, sideFrom } = plan.rule;
  const rows = [
    ['Source model', facts.modelName],
    ['Source revision', facts.modelRevision],
    ['Method', facts.method],
    ['Plan (source layers)', formatPlan(plan)],
    ['Merge rule', merges === 0 ? 'none used' : `${name}, factor ${factor}, norms from the ${sideFrom} layer`],
    ['Layers', `${outputDepth(plan)} of ${plan.sourceDepth}`],
    ['Parameters', `${parameters} of ${sourceParameters}`],
    ['Plan id', planId(plan)],
    ['Weights digest', weightsDigest],
    ['Written by', facts.tool],
  ] as const;
  return `---
library_name: transformers
base_model: ${JSON.stringify(plainText(facts.modelName))}
tags:
- depth-pruning
---
# ${plainText(facts.modelName)}, ${outputDepth(plan)} of ${plan.sourceDepth} layers

The weights below are those of the source model, re-wired by the plan: \`3\` is source layer 3 as it was, \`[3-6]\` one layer
made of source layers 3 to 6 by the merge rule, \`!8\` a dropped layer. ${
    isRewiring(plan)
      ? 'No weight was trained or changed.'
      : 'The projections of merged layers are weighted sums of the source’s; no weight was trained.'
  }

| fact | value |
| --- | --- |
${rows.map(([fact, value]) => `| ${fact} | ${codeSpan(value)} |`).join('\n')}

The licence of the source model applies.
`;
}

/** User text, inert in Markdown: one line, no markup. */
function plainText(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._/:-]/gu, ' ').slice(0, 200);
}

function codeSpan(text: string): string {
  return `\`${text.replace(/[`|<>\p{Cc}]/gu, ' ').slice(0, 2000)}\``;
}
