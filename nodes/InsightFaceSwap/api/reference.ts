import { randomUUID } from 'crypto';

const GENERATED = 'n8n-';

const GENERATED_FORM = /^n8n-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A reply reference that no other job has. */
export const generatedReference = (): string => `${GENERATED}${randomUUID()}`;

/** Whether a reply reference was made up by the node, so that no job of anybody else has it. */
export const isGenerated = (reference = ''): boolean => GENERATED_FORM.test(reference);
