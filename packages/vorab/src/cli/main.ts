import { Command, CommanderError, Option } from 'commander';
import { exitCodes, reportError, UsageError } from './errors.ts';
import { createOutput, type Output } from './output.ts';
import { version } from './version.ts';

type Options = Readonly<Record<string, unknown>>;
type Action<O> = (argument: string, options: O, output: Output) => Promise<void>;

/** Runs the command line; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const cli = { failed: exitCodes.ok as number };
  const program = build(cli);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return cli.failed;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isHelp = ['commander.helpDisplayed', 'commander.version', 'commander.help'];
    return isHelp.includes(error.code) && error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

/** Each command's code is loaded when it is called. */
function build(cli: { failed: number }): Command {
  const run =
    <O extends Options>(load: () => Promise<Action<O>>) =>
    async (argument: string, options: O): Promise<void> => {
      cli.failed = await runCommand(await load(), argument, options);
    };
  const program = new Command('vorab')
    .description('Compile-ahead computation graphs for TypeScript')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(vorab --help lists the commands, vorab help <command> its options)')
    .exitOverride();
  const json = new Option('--json', 'print JSON, for programs');

  program
    .command('compile <model>')
    .description('compile the exported programs of a TypeScript file to one artifact')
    .option('-o, --output <file>', 'where to write it; default: beside the model, as .vorab')
    .option(
      '--targets <names>',
      'the plans to make, comma separated; blas+mlx is one plan, split over both',
      'blas,mlx',
    )
    .option('--calibration <file>', 'rates of a machine, from doctor --calibrate, for blas+mlx')
    .option('--router <command>', 'a process that decides what runs where, by JSON lines')
    .option('--router-timeout <seconds>', 'how long it may take for a plan', '60')
    .option('--router-fallback <name>', 'default: if it fails, the compiler decides')
    .option('--require <capability>', 'open refuses a runtime without it (see doctor)', collect, [])
    .option('--no-fuse', 'one step per op: for looking for errors')
    .option('--check-finite', 'slow: fails at the first NaN or infinity, naming its line')
    .option('--check-indices', 'fail at an index outside its axis, instead of clamping it')
    .option('--no-binding', 'no typed binding beside the artifact')
    .addOption(json)
    .addHelpText(
      'after',
      examples(
        'compile model.ts',
        'compile src/model.ts -o dist/model.vorab --targets blas',
        "compile model.ts --targets blas+mlx --router 'node my-router.mjs'",
      ),
    )
    .action(run(async () => (await import('./commands/compile.ts')).compile));

  program
    .command('check <artifact>')
    .description('verify a .vorab file: header, structure, every rule, every hash')
    .addOption(json)
    .addHelpText('after', examples('check model.vorab', 'check model.vorab --json'))
    .action(run(async () => (await import('./commands/check.ts')).check));

  program
    .command('run <artifact>')
    .description('call one entry of an artifact')
    .option('--entry <name>', 'which; default: the only one')
    .option('-i, --input <name=value>', 'a .npy or .json file, a number, or random', collect, [])
    .option('-o, --output <name=file>', 'write an output to a .npy or .json file', collect, [])
    .option('--dim <name=size>', 'a symbolic dim that random inputs need', collect, [])
    .option('--runtime <name>', 'blas, mlx, blas+mlx, reference or auto', 'auto')
    .option('--seed <number>', 'of the initial state and of random inputs', '0')
    .option('--weights <file>', 'a .safetensors file with the state')
    .option('--allow-fallback <from->to>', 'what may run instead: mlx->blas', collect, [])
    .option('--require <capability>', 'refuse to run without it (see doctor)', collect, [])
    .option('--ledger', 'print copies, casts, builds and the like, each with its cause and line')
    .addOption(json)
    .addHelpText(
      'after',
      examples(
        'run model.vorab --entry classify --input image=random --dim N=4',
        'run model.vorab --entry classify --input image=images.npy --weights digits.safetensors --json',
      ),
    )
    .action(run(async () => (await import('./commands/run.ts')).run));

  program
    .command('compare <artifact>')
    .description('call one entry on several runtimes, and show how far their results are apart')
    .option('--runtimes <names>', 'the first is what the others are held against', 'reference,blas')
    .option('--entry <name>', 'which; default: the only one')
    .option('-i, --input <name=value>', 'as for run; what is not given is random', collect, [])
    .option('--dim <name=size>', 'a symbolic dim that random inputs need', collect, [])
    .option('--steps <number>', 'calls, each with other random inputs: for training', '1')
    .option('--seed <number>', 'of the initial state and of random inputs', '0')
    .option('--weights <file>', 'a .safetensors file with the state')
    .addOption(json)
    .addHelpText(
      'after',
      examples(
        'compare model.vorab --entry fit --runtimes reference,blas,mlx --steps 5 --dim N=8',
        'compare model.vorab --entry classify -i image=images.npy --json',
      ),
    )
    .action(run(async () => (await import('./commands/compare.ts')).compare));

  program
    .command('inspect <artifact>')
    .description('what an artifact holds: entries, inputs, outputs, state, dims, steps, memory')
    .addOption(json)
    .option('--dump', 'print the whole program as text')
    .addHelpText('after', examples('inspect model.vorab', 'inspect model.vorab --dump'))
    .action(run(async () => (await import('./commands/inspect.ts')).inspect));

  program
    .command('explain <artifact>')
    .description('why it runs as it runs: placement, fusion, casts, memory, each with its reason')
    .option('--entry <name>', 'of this entry alone')
    .option('--plan <name>', 'of this plan alone')
    .addOption(json)
    .addHelpText(
      'after',
      examples('explain model.vorab', 'explain model.vorab --entry fit --plan blas'),
    )
    .action(run(async () => (await import('./commands/explain.ts')).explain));

  program
    .command('doctor')
    .description('what this installation can do: runtimes, where they lie, versions, settings')
    .option('--calibrate <file>', 'measure this machine, for compile --calibration')
    .addOption(json)
    .addHelpText('after', examples('doctor', 'doctor --json', 'doctor --calibrate here.json'))
    .action((options: Options) =>
      run(async () => (await import('./commands/doctor.ts')).doctor)('', options),
    );
  return program;
}

const collect = (value: string, all: readonly string[]): readonly string[] => [...all, value];

const examples = (...lines: readonly string[]): string =>
  ['', 'Examples:', ...lines.map((line) => `  $ vorab ${line}`)].join('\n');

async function runCommand<O extends Options>(
  action: Action<O>,
  argument: string,
  options: O,
): Promise<number> {
  const asJson = options['json'] === true;
  const output = createOutput(asJson);
  try {
    await action(argument, options, output);
    output.done();
    return exitCodes.ok;
  } catch (error) {
    const report = reportError(error);
    if (asJson) output.json({ error: report });
    else output.error(report.message);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.user;
  }
}
