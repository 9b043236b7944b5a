import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { n8n2 } from '../../../tooling/n8n/versions';

interface Locked {
	optionalDependencies?: Record<string, string>;
	dependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(join(n8n2.folder, 'package-lock.json'), 'utf8')) as {
	packages: Record<string, Locked>;
};

/** Where Node.js looks for a package that the one at `path` requires, the nearest place first. */
function placesOf(name: string, path: string): string[] {
	const parts = path.split('/node_modules/');
	return parts
		.map((_part, index) => `${parts.slice(0, parts.length - index).join('/node_modules/')}/`)
		.map((folder) => `${folder}node_modules/${name}`)
		.concat(`node_modules/${name}`);
}

test('the lock file has every package, also for other systems, so that "npm ci" accepts it', () => {
	const missing = Object.entries(lock.packages).flatMap(
		([path, { dependencies, optionalDependencies }]) =>
			Object.keys({ ...dependencies, ...optionalDependencies })
				.filter((name) => !placesOf(name, path).some((place) => place in lock.packages))
				.map((name) => `${name} for ${path}`),
	);
	expect(missing).toEqual([]);
});
