/** Completion scripts for shells, from the table of commands: what they say is what the commands take. */
import type { Command } from '../command.ts';

type Named = readonly (readonly [string, Command])[];

const flagsOf = (command: Command): string[] => [...Object.keys(command.options), 'help'].map((name) => `--${name}`);

/** The first sentence, without what only makes sense in the help. */
const brief = ({ summary }: Command): string => (summary.split('\n')[0] ?? '').replace(/[.:].*$/, '');

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

export const completionScript = (shell: 'bash' | 'zsh' | 'fish', commands: Named): string =>
  ({ bash, zsh, fish })[shell](commands);

const bash = (commands: Named): string => {
  const cases = commands.map(([name, command]) => {
    const choices = Object.entries(command.choices ?? {});
    const after = choices
      .filter(([key]) => key !== '0')
      .map(([key, of]) => `      --${key}) words='${of.join(' ')}' ;;`);
    const first = command.choices?.['0'];
    const words = [...(first ?? []), ...flagsOf(command)].join(' ');
    return [`    ${name}) case "$previous" in`, ...after, `      *) words='${words}' ;;`, '    esac ;;'].join('\n');
  });
  return `_countersign() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then words='${commands.map(([name]) => name).join(' ')} --help --version'
  else case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _countersign countersign`;
};

const zsh = (commands: Named): string => {
  const cases = commands.map(([name, command]) => {
    const choices = Object.entries(command.choices ?? {});
    const after = choices
      .filter(([key]) => key !== '0')
      .map(([key, of]) => `      --${key}) compadd -- ${of.join(' ')} ;;`);
    const words = [...(command.choices?.['0'] ?? []), ...flagsOf(command)].join(' ');
    const rest = `      *) compadd -- ${words}; _files ;;`;
    return [`    ${name}) case "$previous" in`, ...after, rest, '    esac ;;'].join('\n');
  });
  const described = commands.map(([name, command]) => `      ${quoted(`${name}:${brief(command)}`)}`);
  return `#compdef countersign
_countersign() {
  local previous="\${words[CURRENT-1]}"
  if (( CURRENT == 2 )); then
    local -a commands=(
${described.join('\n')}
    )
    _describe command commands
  else case "\${words[2]}" in
${cases.join('\n')}
  esac; fi
}
compdef _countersign countersign`;
};

const fish = (commands: Named): string => {
  const lines = commands.flatMap(([name, command]) => {
    const inside = `-n '__fish_seen_subcommand_from ${name}'`;
    const options = Object.entries(command.options).map(([option, { type }]) => {
      const choices = command.choices?.[option];
      const value = type === 'boolean' ? '' : choices ? ` -x -a '${choices.join(' ')}'` : ' -r';
      return `complete -c countersign ${inside} -l ${option}${value}`;
    });
    const first = command.choices?.['0'];
    return [
      `complete -c countersign -n __fish_use_subcommand -f -a ${name} -d ${quoted(brief(command))}`,
      ...options,
      ...(first ? [`complete -c countersign ${inside} -f -a '${first.join(' ')}'`] : []),
    ];
  });
  return lines.join('\n');
};
