import { DELIVERY_FILES } from '../delivery.ts';

/** A folder of a repository, as the server names things: the names of our files by path, and one pattern for all of them. */
export type DogmaPlace = {
  readonly pattern: string;
  readonly pathOf: (file: string) => string;
  readonly fileAt: (path: string) => string | undefined;
};

// https://line.github.io/centraldogma/ : what the server takes; anything else it answers with a page of Java
const NAME = /^[0-9A-Za-z](?:[-+_0-9A-Za-z.]*[0-9A-Za-z])?$/;
const SEGMENT = /^[-_0-9a-zA-Z][-_.0-9a-zA-Z]*$/;

/** What the server would not allow of these names; undefined where it would take them all. */
export function namesProblem(project: string, repository: string, path: string): string | undefined {
  const refuse = (what: string, name: string): string =>
    `Central Dogma does not allow ${JSON.stringify(name)} as the ${what}`;
  if (!NAME.test(project)) return refuse('name of a project', project);
  if (!NAME.test(repository)) return refuse('name of a repository', repository);
  const segments = path.split('/').filter((segment) => segment !== '');
  return segments.every((segment) => SEGMENT.test(segment)) ? undefined : refuse('path of a folder', path);
}

export function dogmaPlace(path: string): DogmaPlace {
  const folder = path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => `/${segment}`)
    .join('');
  const pathOf = (file: string): string => `${folder}/${file}`;
  const files = new Map(DELIVERY_FILES.map((file) => [pathOf(file), file]));
  // by name, as `/**` would also match what others keep beside or below
  return { pattern: [...files.keys()].join(','), pathOf, fileAt: (at) => files.get(at) };
}
