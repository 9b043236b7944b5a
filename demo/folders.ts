/** Where the demo reads and writes. */
import { join } from 'node:path';
import { projectFolder } from '../tooling/n8n/folders';

export const demoFolder = join(projectFolder, 'demo');
export const picturesFolder = join(demoFolder, 'pictures');
export const workflowsFolder = join(demoFolder, 'workflows');
export const outputFolder = join(demoFolder, 'output');
/** Where example 11 writes its page and the pictures on it. */
export const galleryFolder = join(outputFolder, 'gallery');
/** The same page with the pictures inside it. */
export const galleryFile = join(outputFolder, 'gallery.html');
export const galleryExample = join(projectFolder, 'examples', '11-gallery.json');
/** n8n's home: its database, settings, community packages and log. */
export const userFolder = join(demoFolder, '.n8n');
