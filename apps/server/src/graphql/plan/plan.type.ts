import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export const LayerRecipeKind = { KEEP: 'KEEP', MERGE: 'MERGE', DROP: 'DROP' } as const;
export type LayerRecipeKind = keyof typeof LayerRecipeKind;
registerEnumType(LayerRecipeKind, {
  name: 'LayerRecipeKind',
  description: 'What becomes of a run of source layers.',
  valuesConfig: {
    KEEP: { description: 'Kept as they are.' },
    MERGE: { description: 'Merged into one layer.' },
    DROP: { description: 'Left out.' },
  },
});

@ObjectType('LayerRecipe', { description: 'What becomes of a run of source layers.' })
export class LayerRecipeType {
  @Field(() => LayerRecipeKind, { description: 'Kept, merged or dropped.' })
  kind!: LayerRecipeKind;

  @Field(() => Int, { description: 'First layer of the run, 0-based, of the source model.' })
  first!: number;

  @Field(() => Int, { description: 'Last layer of the run, inclusive.' })
  last!: number;
}

@ObjectType('Plan', {
  description: 'A depth-pruned model described by what becomes of each source layer (LayerPlan v1).',
})
export class PlanType {
  @Field(() => ID, { description: 'sha256 of the canonical JSON.' })
  id!: string;

  @Field(() => String, { description: 'The recipes as text: kept, [merged], !dropped.' })
  text!: string;

  @Field(() => String, { description: 'The canonical JSON.' })
  json!: string;

  @Field(() => Int, { description: 'Layers of the source model.' })
  sourceDepth!: number;

  @Field(() => Int, { description: 'Layers of the pruned model.' })
  outputDepth!: number;

  @Field(() => String, { description: 'The merge rule: how the layers of a merge become one.' })
  rule!: string;

  @Field(() => [LayerRecipeType], { description: 'What becomes of each source layer, in order.' })
  recipes!: readonly LayerRecipeType[];
}
