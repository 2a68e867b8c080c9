import { Field, ID, InputType } from 'type-graphql';
import { EnginePreference } from '../engine/engine.type.js';
import { CalibrationInput } from '../experiment/experiment.input.js';
import { CandidateQuantity } from '../experiment/experiment.type.js';
import { ManualInput } from '../experiment/method.input.js';

@InputType({ description: 'A plan to measure, and on what.' })
export class MeasurePlanInput extends ManualInput {
  @Field(() => ID, { description: 'The model, from registerModel.' })
  modelId!: string;

  @Field(() => CandidateQuantity, { defaultValue: CandidateQuantity.COSINE, description: 'What to measure.' })
  quantity!: CandidateQuantity;

  @Field(() => CalibrationInput, {
    nullable: true,
    description: 'What it is measured on; built-in text by default. At most 32,768 tokens.',
  })
  calibration?: CalibrationInput | null;

  @Field(() => EnginePreference, { defaultValue: EnginePreference.AUTO, description: 'Which backend measures.' })
  engine!: EnginePreference;
}
