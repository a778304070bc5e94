/**
 * The static reference of the API, as the generator of clients/ makes it from the schema and the examples of the cookbook.
 * Depends on nothing else: neither the day nor the machine shows in it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  buildSchema,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isObjectType,
  Kind,
  parse,
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { Loose } from '../support/api';
import { CLIENT_PACKAGES } from '../support/clients';
import { PROJECT } from '../support/processes';
import { shortened, type Example } from './cookbook';

const FILES = ['index.html', 'javascripts/spectaql.min.js', 'stylesheets/spectaql.min.css'] as const;

/** Texts by path below graphql/reference. */
export const makeReference = async (sdl: string, examples: readonly Example[]): Promise<Record<string, string>> => {
  const folder = await mkdtemp(join(tmpdir(), 'tierwarden-reference-'));
  try {
    const [schemaFile, examplesFile] = [join(folder, 'schema.graphql'), join(folder, 'examples.json')];
    await writeFile(schemaFile, sdl);
    await writeFile(examplesFile, JSON.stringify(forGenerator(buildSchema(sdl), examples)));
    await promisify(execFile)(
      process.execPath,
      [
        join(CLIENT_PACKAGES, 'spectaql/bin/spectaql.js'),
        ...['--quiet', '--schema-file', schemaFile, '--target-dir', join(folder, 'site'), 'spectaql.yml'],
      ],
      {
        cwd: join(PROJECT, 'clients', 'reference'),
        env: { ...process.env, REFERENCE_EXAMPLES: examplesFile },
        maxBuffer: 1e8,
      },
    );
    const texts = FILES.map(
      async (file) => [file, slimmer(await readFile(join(folder, 'site', file), 'utf8'))] as const,
    );
    return Object.fromEntries(await Promise.all(texts));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Marks of the syntax colouring that have no colour are half of the page. */
const slimmer = (text: string): string => text.replace(/<span class="hljs-punctuation">([^<]*)<\/span>/g, '$1');

interface Published {
  readonly title: string;
  readonly operation: string;
  readonly who: string;
  readonly document: string;
  readonly variables: Loose;
  readonly answer: Loose;
  readonly left: string;
}

/** Operations by the root field that they ask for, and leaf values by `Type.field`, `Type.field(argument)` or `Input.field`. */
const forGenerator = (schema: GraphQLSchema, examples: readonly Example[]) => {
  const published: Record<string, Published[]> = {};
  const values: Record<string, Loose> = {};
  const keep = (path: string, type: GraphQLNamedType, value: Loose): void => {
    const isEmpty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
    if (!isEmpty && !isCompositeType(type) && !isInputObjectType(type)) values[path] ??= value;
  };

  const readInput = (type: GraphQLInputType, value: Loose): void => {
    const named = getNamedType(type);
    if (!isInputObjectType(named)) return;
    for (const item of Array.isArray(value) ? value : [value]) {
      for (const [name, inner] of Object.entries<Loose>(item ?? {})) {
        const field = named.getFields()[name];
        if (field === undefined) continue;
        keep(`${named.name}.${name}`, getNamedType(field.type), inner);
        readInput(field.type, inner);
      }
    }
  };

  for (const { recipe, document, variables, data } of examples) {
    const { definitions } = parse(document);
    const fragments = new Map(
      definitions
        .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((fragment) => [fragment.name.value, fragment]),
    );
    const read = (type: GraphQLNamedType, { selections }: SelectionSetNode, value: Loose): void => {
      if (Array.isArray(value))
        return value.forEach((item) => read(type, { kind: Kind.SELECTION_SET, selections }, item));
      for (const selection of selections) {
        if (selection.kind !== Kind.FIELD) {
          const part = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
          const on = part?.typeCondition?.name.value ?? type.name;
          if (part !== undefined) read(schema.getType(on) ?? type, part.selectionSet, value);
          continue;
        }
        const field = isObjectType(type) ? type.getFields()[selection.name.value] : undefined;
        const inner = value?.[selection.alias?.value ?? selection.name.value];
        if (field === undefined || inner === undefined || inner === null) continue;
        const named = getNamedType(field.type);
        keep(`${type.name}.${field.name}`, named, inner);
        if (selection.selectionSet !== undefined) read(named, selection.selectionSet, inner);
        for (const { name, value: given } of selection.arguments ?? []) {
          const argument = field.args.find((candidate) => candidate.name === name.value);
          if (argument === undefined || given.kind !== Kind.VARIABLE) continue;
          const passed = variables[given.name.value];
          keep(`${type.name}.${field.name}(${argument.name})`, getNamedType(argument.type), passed);
          readInput(argument.type, passed);
        }
      }
    };
    for (const definition of definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const root = schema.getRootType(definition.operation);
      if (root == null) continue;
      read(root, definition.selectionSet, data);
      const { shown, left } = shortened(data);
      for (const selection of definition.selectionSet.selections) {
        if (selection.kind !== Kind.FIELD) continue;
        (published[selection.name.value] ??= []).push({
          title: recipe.title,
          operation: recipe.operation,
          who: recipe.as,
          document,
          variables: Object.keys(variables as object).length === 0 ? null : variables,
          answer: { data: shown },
          left: left.replaceAll('`', ''),
        });
      }
    }
  }
  return { published, values };
};
