/** Where the demo reads and writes. Nothing is written outside the project. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const demoFolder = realpathSync(__dirname);
export const projectFolder = dirname(demoFolder);
export const picturesFolder = join(demoFolder, 'pictures');
export const workflowsFolder = join(demoFolder, 'workflows');
export const outputFolder = join(demoFolder, 'output');
/** n8n's home: its database, settings, community packages and log. */
export const userFolder = join(demoFolder, '.n8n');
/** npm's downloads. */
export const cacheFolder = join(projectFolder, '.cache');
