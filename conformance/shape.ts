/** The shape of a JSON value: which fields it has, and the type or format of each. */
import { redact } from './redact';

/**
 * The kinds of the values at each path. Elements of arrays share the path `…/[]`, and fields whose names
 * are IDs share `…/<id>`. A field that some of several objects lack also has the kind `missing`.
 */
export type Shape = ReadonlyMap<string, ReadonlySet<string>>;

/** A path at which two shapes differ. */
export interface ShapeDifference {
	/** E.g. `/attachments/[]/url`; empty for the whole value. */
	path: string;
	real: string;
	simulator: string;
}

export const MISSING = 'missing';

const FORMATS: ReadonlyArray<readonly [RegExp, string]> = [
	[/^$/, 'empty text'],
	[/^[\da-f]{32}$/, '32 hexadecimal digits'],
	[/^\d{17,20}$/, 'Discord ID'],
	[/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'time in ISO 8601'],
	[/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/, 'time of Discord'],
	[/^.{3}…secured….{3}$/, 'masked token'],
	[/^https?:\/\/\S+$/, 'URL'],
	[/^\S+@\S+\.\S+$/, 'e-mail address'],
	[/^(image|video)\/[\w.+-]+$/, 'media type of a picture'],
];

/** Fields whose value matters, not only its type. */
const LITERAL = /^(verb|code|error)$/;
const RUNNING = /^(created|started|progress)$/;

/** A field's name in a path: IDs and secrets are replaced, so that maps keyed by ID have one entry. */
const segmentOf = (name: string) => redact(name).replaceAll('/', '~1');

/** @param value parsed JSON */
export function shapeOf(value: unknown): Shape {
	const shape = new Map<string, Set<string>>();
	describe([value], '', shape);
	return shape;
}

function describe(values: unknown[], path: string, shape: Map<string, Set<string>>): void {
	const name = path.slice(path.lastIndexOf('/') + 1);
	shape.set(path, new Set(values.map((value) => kindOf(name, value))));
	const elements = values.filter(Array.isArray).flat();
	if (elements.length > 0) describe(elements, `${path}/[]`, shape);
	const objects = values.filter(isObject);
	for (const segment of new Set(objects.flatMap(segmentsOf))) {
		const entries = objects.flatMap((object) => valuesAt(object, segment));
		describe(entries, `${path}/${segment}`, shape);
		const everywhere = objects.every((object) => segmentsOf(object).includes(segment));
		if (!everywhere) shape.get(`${path}/${segment}`)?.add(MISSING);
	}
}

const segmentsOf = (object: object) => Object.keys(object).map(segmentOf);

const valuesAt = (object: object, segment: string): unknown[] =>
	Object.entries(object).flatMap(([name, value]) => (segmentOf(name) === segment ? [value] : []));

const isObject = (value: unknown): value is object =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(name: string, value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'array';
	if (name === 'status' && typeof value === 'string') return statusKind(value);
	const isLiteral = LITERAL.test(name) && typeof value !== 'object';
	if (isLiteral) return redact(JSON.stringify(value));
	return typeof value === 'string' ? formatOf(value) : typeof value;
}

/** When a job is read while it runs, its status depends on the moment. */
const statusKind = (status: string) => (RUNNING.test(status) ? 'running' : `"${redact(status)}"`);

const formatOf = (text: string): string =>
	FORMATS.find(([pattern]) => pattern.test(text))?.[1] ?? 'text';

/** Differences between two shapes, of nested ones the outermost. */
export function compareShapes(real: Shape, simulator: Shape): ShapeDifference[] {
	const paths = [...new Set([...real.keys(), ...simulator.keys()])].sort();
	return paths.flatMap((path) => {
		if (isBelowDifference(path, real, simulator)) return [];
		const one = kinds(real.get(path));
		const other = kinds(simulator.get(path));
		return one === other ? [] : [{ path, real: one, simulator: other }];
	});
}

const kinds = (set: ReadonlySet<string> | undefined) =>
	set ? [...set].sort().join(' or ') : MISSING;

/** Whether one side has no value above the path, or an empty collection, which says nothing of elements. */
function isBelowDifference(path: string, real: Shape, simulator: Shape): boolean {
	if (path === '' || (real.has(path) && simulator.has(path))) return false;
	const end = path.lastIndexOf('/');
	const parent = path.slice(0, end);
	const isElement = /^(\[\]|<.+>)$/.test(path.slice(end + 1));
	const hasParent = real.has(parent) && simulator.has(parent);
	return isElement || !hasParent || kinds(real.get(parent)) !== kinds(simulator.get(parent));
}
