/** Where the tools read and write. Nothing is written outside the project. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const projectFolder = dirname(dirname(realpathSync(__dirname)));
/** Downloads of npm, and what tests and benchmark write. */
export const cacheFolder = join(projectFolder, '.cache');
