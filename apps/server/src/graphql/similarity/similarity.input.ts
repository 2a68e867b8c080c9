import { Field, ID, InputType } from 'type-graphql';
import { EnginePreference } from '../engine/engine.type.js';
import { CalibrationInput } from '../experiment/experiment.input.js';

@InputType({ description: 'Whose layers to compare, and on what.' })
export class AnalyseModelInput {
  @Field(() => ID, { description: 'The model, from registerModel.' })
  modelId!: string;

  @Field(() => CalibrationInput, {
    nullable: true,
    description: 'What similarities are measured on; built-in text by default. Flattened samples need at least 4.',
  })
  calibration?: CalibrationInput | null;

  @Field(() => EnginePreference, { defaultValue: EnginePreference.AUTO, description: 'Which backend measures.' })
  engine!: EnginePreference;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input gives the same analysis; with another input it is a conflict.',
  })
  idempotencyKey?: string | null;
}
