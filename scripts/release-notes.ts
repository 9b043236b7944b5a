/** What a release does to version and changelog: pure functions that release.ts and the tests share. */

const unreleased = /^## \[Unreleased\]\n([\s\S]*?)(?=^## \[|(?![\s\S]))/m;

/** What stands below "Unreleased", without blank lines around it. */
export function unreleasedNotes(changelog: string): string {
	const match = unreleased.exec(changelog);
	if (!match) throw new Error('CHANGELOG.md has no section "## [Unreleased]"');
	return (match[1] ?? '').trim();
}

/**
 * The changelog with what was unreleased under its version.
 * @param date as YYYY-MM-DD
 * @throws Error when nothing has changed for users, or the version is there already
 */
export function releasedChangelog(changelog: string, version: string, date: string): string {
	const notes = unreleasedNotes(changelog);
	if (!notes) throw new Error('Nothing stands under "Unreleased" in CHANGELOG.md');
	if (changelog.includes(`## [${version}]`))
		throw new Error(`${version} is in CHANGELOG.md already`);
	// A function, since "$" means something in a replacement text.
	return changelog.replace(unreleased, (section) => {
		const tail = section === changelog.slice(-section.length) ? '' : '\n';
		return `## [Unreleased]\n\n## [${version}] - ${date}\n\n${notes}\n${tail}`;
	});
}

/**
 * The version after `current`.
 * @param step major, minor, patch, or a version itself; `current` releases the first one as it is
 */
export function nextVersion(current: string, step: string): string {
	if (/^\d+\.\d+\.\d+$/.test(step)) return step;
	const [major = 0, minor = 0, patch = 0] = current.split('.').map(Number);
	const versions: Record<string, string> = {
		current,
		major: `${major + 1}.0.0`,
		minor: `${major}.${minor + 1}.0`,
		patch: `${major}.${minor}.${patch + 1}`,
	};
	const next = Object.hasOwn(versions, step) ? versions[step] : undefined;
	if (!next) throw new Error(`"${step}" is no step and no version`);
	return next;
}
