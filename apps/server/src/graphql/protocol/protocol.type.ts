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
