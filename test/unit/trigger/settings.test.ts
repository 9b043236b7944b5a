import type { INodeProperties } from 'n8n-workflow';

import type { ReadParameter } from '../../../nodes/InsightFaceSwap/actions/types';
import { properties } from '../../../nodes/InsightFaceSwap/trigger/description';
import { settingsOf } from '../../../nodes/InsightFaceSwap/trigger/settings';

const settings = (options: object) => {
	const read = (name: string, fallback?: unknown) => (name === 'options' ? options : fallback);
	return settingsOf(read as ReadParameter);
};

test('the panel hides and shows fields by fields that it has', () => {
	const names = properties.map(({ name }) => name);
	const children = properties.flatMap(({ options = [] }) => options as INodeProperties[]);
	const rules = [...properties, ...children].flatMap(({ displayOptions = {} }) =>
		Object.values(displayOptions).flatMap((rule) => Object.keys(rule)),
	);
	expect(rules.filter((rule) => !names.includes(rule.replace('/', '')))).toEqual([]);
});

test.each([
	[undefined, 60],
	[null, 60],
	['', 60],
	['often', 60],
	[NaN, 60],
	[{}, 60],
	['120', 120],
	[-1, 15],
	[0, 60],
	[Infinity, 3600],
])('Check Every as %p is %i seconds', (checkEvery, seconds) => {
	expect(settings({ checkEvery }).checkEvery).toBe(seconds);
});
