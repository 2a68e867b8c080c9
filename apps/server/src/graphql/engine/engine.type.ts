import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';

export const EnginePreference = { AUTO: 'AUTO', TENSORFLOW: 'TENSORFLOW', WASM: 'WASM', TORCH: 'TORCH' } as const;
export type EnginePreference = keyof typeof EnginePreference;
registerEnumType(EnginePreference, {
  name: 'EnginePreference',
  description: 'Which backend a search should run on.',
  valuesConfig: {
    AUTO: { description: 'The fastest that works here.' },
    TENSORFLOW: { description: 'The compiled TensorFlow.js engine; WebAssembly where it is missing, with the reason.' },
    WASM: { description: 'WebAssembly, which is always there.' },
    TORCH: { description: 'PyTorch in a process of its own: on CUDA, Apple’s GPU, or the processor.' },
  },
});

@ObjectType('EngineInfo', { description: 'What measured the plans of a search.' })
export class EngineInfoType {
  @Field(() => String, { description: 'tfjs or torch.' })
  name!: string;

  @Field(() => String, { description: 'The backend: tensorflow or wasm, of torch cuda, mps or cpu.' })
  backend!: string;

  @Field(() => String, { description: 'Package and version.' })
  package!: string;

  @Field(() => String, { description: 'cpu or gpu.' })
  device!: string;

  @Field(() => String, { description: 'Number format of the measurements: f32, bf16 or f16.' })
  dtype!: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether f32 products were rounded to TF32; null when unknown.',
  })
  tf32?: boolean | undefined;

  @Field(() => String, { nullable: true, description: 'The device by its maker’s name; null when unknown.' })
  deviceName?: string | undefined;

  @Field(() => Int, { nullable: true, description: 'Processor threads of a torch engine.' })
  threads?: number | undefined;

  @Field(() => Int, {
    nullable: true,
    description: 'Calibration samples a torch engine computed at once: fewer than there are after memory ran out.',
  })
  batchSamples?: number | undefined;

  @Field(() => String, { nullable: true, description: 'Why a preferred backend was not used; null when it was.' })
  fallbackReason?: string | undefined;
}
