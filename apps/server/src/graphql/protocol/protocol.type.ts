import type { TaskName as HarnessTask, PerplexityText as TextName } from '@swm/eval/protocol';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export const ProtocolName = { PAPER: 'PAPER', MODERN: 'MODERN', MINI: 'MINI' } as const;
export type ProtocolName = keyof typeof ProtocolName;
registerEnumType(ProtocolName, {
  name: 'ProtocolName',
  description: 'The named evaluation protocols.',
  valuesConfig: {
    PAPER: { description: 'The published setup: seven tasks, zero-shot, no BOS.' },
    MODERN: { description: 'The same tasks with today’s defaults.' },
    MINI: { description: 'The small built-in suite: a demonstration that no paper reports.' },
  },
});

export const ProtocolData = { OFFICIAL: 'OFFICIAL', LOCAL: 'LOCAL', BUILTIN: 'BUILTIN' } as const;
export type ProtocolData = keyof typeof ProtocolData;
registerEnumType(ProtocolData, {
  name: 'ProtocolData',
  description: 'Where the questions come from.',
  valuesConfig: {
    OFFICIAL: { description: 'The data sets’ own home. Not there yet.' },
    LOCAL: { description: 'JSON Lines files in SWM_TASK_DATA.' },
    BUILTIN: { description: 'The suite that comes with the platform.' },
  },
});

/** The API's name of each task; the value is the harness's. */
export const TaskName = {
  BOOLQ: 'boolq',
  PIQA: 'piqa',
  HELLASWAG: 'hellaswag',
  WINOGRANDE: 'winogrande',
  ARC_EASY: 'arc_easy',
  ARC_CHALLENGE: 'arc_challenge',
  OPENBOOKQA: 'openbookqa',
} as const satisfies { readonly [Name in HarnessTask as Uppercase<Name>]: Name };
export type TaskName = HarnessTask;
registerEnumType(TaskName, {
  name: 'TaskName',
  description: 'The tasks of a protocol.',
  valuesConfig: {
    BOOLQ: { description: 'BoolQ: yes or no, from a passage.' },
    PIQA: { description: 'PIQA: everyday physics.' },
    HELLASWAG: { description: 'HellaSwag: how a scene goes on.' },
    WINOGRANDE: { description: 'WinoGrande: what a blank refers to.' },
    ARC_EASY: { description: 'ARC, easy: school science.' },
    ARC_CHALLENGE: { description: 'ARC, challenge: harder school science.' },
    OPENBOOKQA: { description: 'OpenBookQA: elementary facts, applied.' },
  },
});

/** The API's name of each text. */
export const PerplexityText = { WIKITEXT2: 'wikitext2', PTB: 'ptb' } as const satisfies {
  readonly [Name in TextName as Uppercase<Name>]: Name;
};
export type PerplexityText = TextName;
registerEnumType(PerplexityText, {
  name: 'PerplexityText',
  description: 'The texts whose perplexity can be measured. The platform holds none of them.',
  valuesConfig: {
    WIKITEXT2: { description: 'WikiText-2 (raw), test split: wikitext2.txt in SWM_TASK_DATA.' },
    PTB: { description: 'Penn Treebank, validation split, a sentence a line: ptb.txt in SWM_TASK_DATA.' },
  },
});

@ObjectType('Protocol', { description: 'What a score means. Rows of different protocols are never ranked together.' })
export class ProtocolType {
  @Field(() => ID, { description: 'sha256 of the canonical JSON.' })
  id!: string;

  @Field(() => ProtocolName, { description: 'Its name.' })
  name!: ProtocolName;

  @Field(() => ProtocolData, { description: 'Where the questions come from.' })
  data!: ProtocolData;

  @Field(() => Int, { nullable: true, description: 'Questions a task; null for all of them.' })
  limit!: number | null;

  @Field(() => String, { description: 'The protocol for people, with its limit.' })
  label!: string;

  @Field(() => String, { description: 'The canonical JSON: tasks, shots, BOS, versions, data digests.' })
  json!: string;

  @Field(() => Boolean, { description: 'Whether it is a demonstration that no paper reports.' })
  isDemonstration!: boolean;
}
