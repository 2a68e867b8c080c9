import { Field, ObjectType, registerEnumType } from 'type-graphql';

export const EnginePreference = { AUTO: 'AUTO', TENSORFLOW: 'TENSORFLOW', WASM: 'WASM' } as const;
export type EnginePreference = keyof typeof EnginePreference;
registerEnumType(EnginePreference, {
  name: 'EnginePreference',
  description: 'Which backend a search should run on.',
  valuesConfig: {
    AUTO: { description: 'The fastest that works here.' },
    TENSORFLOW: { description: 'The compiled TensorFlow.js engine; WebAssembly where it is missing, with the reason.' },
    WASM: { description: 'WebAssembly, which is always there.' },
  },
});

@ObjectType('EngineInfo', { description: 'What measured the plans of a search.' })
export class EngineInfoType {
  @Field(() => String, { description: 'tfjs or torch.' })
  name!: string;

  @Field(() => String, { description: 'The backend, for example tensorflow or wasm.' })
  backend!: string;

  @Field(() => String, { description: 'Package and version.' })
  package!: string;

  @Field(() => String, { description: 'cpu or gpu.' })
  device!: string;

  @Field(() => String, { description: 'Number format of the measurements.' })
  dtype!: string;

  @Field(() => String, { nullable: true, description: 'Why a preferred backend was not used; null when it was.' })
  fallbackReason?: string | undefined;
}
