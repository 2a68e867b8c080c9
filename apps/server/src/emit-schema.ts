// Writes apps/server/schema.graphql from the code. Usage: node dist/emit-schema.js
import { writeFile } from 'node:fs/promises';
import { schemaText } from './graphql/schema.js';

await writeFile(new URL('../schema.graphql', import.meta.url), await schemaText());
