import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nextVersion, releasedChangelog, unreleasedNotes } from '../../../scripts/release-notes';

const changelog = `# Changelog

## [Unreleased]

### Added

- Costs in $&.

## [0.1.0] - 2026-01-01

- First.
`;

describe('the changelog of a release', () => {
	it('puts what was unreleased under its version', () => {
		expect(releasedChangelog(changelog, '0.2.0', '2026-02-03')).toBe(`# Changelog

## [Unreleased]

## [0.2.0] - 2026-02-03

### Added

- Costs in $&.

## [0.1.0] - 2026-01-01

- First.
`);
	});

	it('is refused when nothing has changed, or the version is there already', () => {
		const empty = changelog.replace(/### Added\n\n.+\n\n/, '');
		expect(() => releasedChangelog(empty, '0.2.0', '2026-02-03')).toThrow('Nothing stands');
		expect(() => releasedChangelog(changelog, '0.1.0', '2026-02-03')).toThrow('already');
	});

	it('can be made from the one of this project', () => {
		const own = readFileSync(join(__dirname, '../../../CHANGELOG.md'), 'utf8');
		expect(() => unreleasedNotes(own)).not.toThrow();
		expect(releasedChangelog('## [Unreleased]\n\n- One.\n', '1.0.0', '2026-02-03')).toBe(
			'## [Unreleased]\n\n## [1.0.0] - 2026-02-03\n\n- One.\n',
		);
	});
});

test.each([
	['patch', '0.1.1'],
	['minor', '0.2.0'],
	['major', '1.0.0'],
	['current', '0.1.0'],
	['2.3.4', '2.3.4'],
])('after 0.1.0 the step %s leads to %s', (step, version) => {
	expect(nextVersion('0.1.0', step)).toBe(version);
});

test('an unknown step is refused', () => {
	expect(() => nextVersion('0.1.0', 'huge')).toThrow('huge');
});
