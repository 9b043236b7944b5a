import {
	runScheduler,
	type SchedulerTask,
	type SchedulerWork,
	type NextAction,
} from '../../nodes/InsightFaceSwap/execution/scheduling/channelScheduler';

interface Task extends SchedulerTask {
	id: number;
}

const free: NextAction = { next: 'free' };
const tasks = (count: number, channel?: string): Task[] =>
	Array.from({ length: count }, (_, id) => ({ id, channel }));
const tick = async () => await new Promise<void>((resolve) => setTimeout(resolve, 1));

/** Runs tasks and records what each worker served, in order. */
async function record(all: Task[], options: Partial<SchedulerWork<Task>>) {
	const served: Array<[string | undefined, number]> = [];
	const busy = new Set<string | undefined>();
	const left = await runScheduler(all, {
		shared: ['a', 'b'],
		rest: tick,
		prepare: async () => true,
		halted: () => false,
		turn: async () => ({ end: () => {} }),
		...options,
		serve: async (task, channel, others) => {
			if (busy.has(channel)) throw new Error(`Two tasks at once in worker ${channel}`);
			busy.add(channel);
			served.push([channel, task.id]);
			await tick();
			const nextAction = (await options.serve?.(task, channel, others)) ?? free;
			busy.delete(channel);
			return nextAction;
		},
	});
	return { served, left };
}

describe('workers', () => {
	test('serve every task once, one at a time in each worker', async () => {
		const { served, left } = await record(tasks(20), {});
		expect(served.map(([, id]) => id).sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
		expect(left).toEqual([]);
	});

	test('work side by side', async () => {
		const { served } = await record(tasks(10), {});
		expect(new Set(served.map(([channel]) => channel))).toEqual(new Set(['a', 'b']));
	});

	test('a task that names a channel goes there, also where no other task may', async () => {
		const { served } = await record([...tasks(3, 'c'), ...tasks(3)], {});
		expect(served.filter(([channel]) => channel === 'c')).toHaveLength(3);
	});

	test('a task that rests is not taken by another worker meanwhile', async () => {
		const times: number[] = [];
		await record(tasks(1), {
			rest: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
			serve: async () => {
				times.push(Date.now());
				return times.length < 3 ? { next: 'rest', ms: 50 } : free;
			},
		});
		const [first = 0, second = 0, third = 0] = times;
		expect(second - first).toBeGreaterThanOrEqual(49);
		expect(third - second).toBeGreaterThanOrEqual(49);
	});

	test('a task that goes back is taken again, by any worker', async () => {
		let refused = false;
		const { served } = await record(tasks(1), {
			serve: async () => {
				if (refused) return free;
				refused = true;
				return { next: 'rest', ms: 1 };
			},
		});
		expect(served).toHaveLength(2);
	});

	test('a worker that closes gives its task back to the others', async () => {
		const { served, left } = await record(tasks(6), {
			serve: async (_task, channel) => (channel === 'a' ? { next: 'close' } : free),
		});
		expect(served.filter(([channel]) => channel === 'b')).toHaveLength(6);
		expect(left).toEqual([]);
	});

	test('a worker that has served its last shared task leaves the others to the others', async () => {
		const { served, left } = await record(tasks(6), {
			serve: async (_task, channel) => (channel === 'a' ? { next: 'last' } : free),
		});
		expect(served.filter(([channel]) => channel === 'a')).toHaveLength(1);
		expect(left).toEqual([]);
	});

	test('it still serves those that name it', async () => {
		const { served } = await record([...tasks(3, 'a'), ...tasks(3)], {
			serve: async (_task, channel) => (channel === 'a' ? { next: 'last' } : free),
		});
		expect(served.filter(([channel]) => channel === 'a')).toHaveLength(3);
	});

	test('when the last worker closes, the rest is left over', async () => {
		const { left } = await record(tasks(4), { serve: async () => ({ next: 'close' }) });
		expect(left).toHaveLength(4);
	});

	test('the tasks of a closed worker that name it are left over', async () => {
		const { left } = await record([...tasks(3, 'c'), ...tasks(2)], {
			serve: async (_task, channel) => (channel === 'c' ? { next: 'close' } : free),
		});
		expect(left).toHaveLength(3);
	});

	test('no further task starts after the halt', async () => {
		let halted = false;
		const { served, left } = await record(tasks(10), {
			halted: () => halted,
			serve: async () => {
				halted = true;
				return free;
			},
		});
		expect(served).toHaveLength(2);
		expect(left).toHaveLength(8);
	});

	test('nothing to do ends at once', async () => {
		expect((await record([], {})).served).toEqual([]);
	});
});
