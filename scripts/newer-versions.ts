/** Compares versions as n8n numbers them. */

export interface Newer {
	newest: string;
	/** The tested version that it would replace: of the same major version, else the newest. */
	instead: string;
}

const numbersOf = (version: string) => version.split('.').map(Number);
const majorOf = (version: string) => numbersOf(version)[0];
const isRelease = (version: string) => /^\d+\.\d+\.\d+$/.test(version);

const compare = (one: string, other: string) => {
	const [ours, theirs] = [numbersOf(one), numbersOf(other)];
	const at = ours.findIndex((number, index) => number !== theirs[index]);
	return at < 0 ? 0 : (ours[at] ?? 0) - (theirs[at] ?? 0);
};

const newestOf = (versions: string[]) => [...versions].sort(compare).at(-1);

/**
 * @param tested what the tests run, one of each major version
 * @param published all versions, in any order
 * @param latest what users get; what is newer does not count
 * @returns the newest of each tested major version, and of all, where it is newer than what is tested
 */
export function newerVersions(tested: string[], published: string[], latest: string): Newer[] {
	const releases = published.filter(
		(version) => isRelease(version) && compare(version, latest) <= 0,
	);
	const newest = newestOf(tested) ?? latest;
	const sameMajor = tested.map((instead) => {
		const others = releases.filter((version) => majorOf(version) === majorOf(instead));
		return { newest: newestOf(others) ?? instead, instead };
	});
	const isNewMajor = !tested.some((version) => majorOf(version) === majorOf(latest));
	return [...sameMajor, ...(isNewMajor ? [{ newest: latest, instead: newest }] : [])].filter(
		(newer) => compare(newer.newest, newer.instead) > 0,
	);
}
