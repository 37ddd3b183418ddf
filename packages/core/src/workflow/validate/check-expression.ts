/**
 * Type checking of CEL against what is known of its names. `@bufbuild/cel` parses and evaluates, and checks only
 * constants and names, so this walks the parsed expression itself: unknown names and members, operators and functions
 * with values they do not take.
 */
import { type Expr, compileExpression } from '../expression.ts';
import { FUNCTIONS, type Overload } from './functions.ts';
import { BOOL, DYN, NULL, NUMBER, STRING, type ValueType, joined, listType, nameOf, objectType } from './types.ts';

export type ExpressionProblemCode =
  | 'expression_syntax'
  | 'unknown_identifier'
  | 'unknown_member'
  | 'unknown_function'
  | 'type_mismatch';
export type ExpressionFault = { readonly code: ExpressionProblemCode; readonly detail: string };
export type Names = ReadonlyMap<string, ValueType>;

type Walk = { readonly report: (code: ExpressionProblemCode, detail: string) => void };

/** What is wrong with an expression, and the type of what it gives. */
export const checkTypes = (
  source: string,
  names: Names,
): { readonly faults: readonly ExpressionFault[]; readonly type: ValueType } => {
  const compiled = compileExpression(source);
  if (!compiled.ok) return { faults: [{ code: 'expression_syntax', detail: compiled.refusal }], type: DYN };
  const faults: ExpressionFault[] = [];
  const report = (code: ExpressionProblemCode, detail: string): void => {
    if (!faults.some((fault) => fault.code === code && fault.detail === detail)) faults.push({ code, detail });
  };
  const type = typeOf(compiled.value.expr, names, { report });
  return { faults, type };
};

const typeOf = (expr: Expr, names: Names, walk: Walk): ValueType => {
  const { exprKind: kind } = expr;
  switch (kind.case) {
    case 'constExpr':
      return typeOfConstant(kind.value.constantKind.case);
    case 'identExpr': {
      const type = names.get(kind.value.name);
      if (!type) walk.report('unknown_identifier', `there is nothing named ${kind.value.name}${known(names)}`);
      return type ?? DYN;
    }
    case 'selectExpr': {
      const operand = kind.value.operand ? typeOf(kind.value.operand, names, walk) : DYN;
      const type = memberOf(operand, kind.value.field, walk);
      return kind.value.testOnly ? BOOL : type;
    }
    case 'callExpr':
      return typeOfCall(kind.value, names, walk);
    case 'listExpr':
      return listType(kind.value.elements.map((item) => typeOf(item, names, walk)).reduce(joined, EMPTY));
    case 'structExpr': {
      const members: Record<string, ValueType> = {};
      let isOpen = false;
      for (const { keyKind, value } of kind.value.entries) {
        const type = value ? typeOf(value, names, walk) : DYN;
        const constant =
          keyKind.case === 'mapKey' && keyKind.value.exprKind.case === 'constExpr'
            ? keyKind.value.exprKind.value.constantKind
            : undefined;
        if (constant?.case === 'stringValue') members[constant.value] = type;
        else isOpen = true;
      }
      return objectType(members, isOpen ? DYN : null);
    }
    case 'comprehensionExpr':
      return typeOfComprehension(kind.value, names, walk);
    default:
      return DYN;
  }
};

/** Of an empty list: joins with anything. */
const EMPTY: ValueType = { kind: 'dyn' };

const known = (names: Names): string => {
  const shown = [...names.keys()].filter((name) => !name.startsWith('@'));
  return shown.length > 0 && shown.length <= 12 ? ` (there are ${shown.join(', ')})` : '';
};

const typeOfConstant = (kind: string | undefined): ValueType => {
  if (kind === 'boolValue') return BOOL;
  if (kind === 'stringValue') return STRING;
  if (kind === 'nullValue') return NULL;
  if (kind === 'bytesValue') return { kind: 'bytes' };
  return NUMBER;
};

const memberOf = (type: ValueType, field: string, walk: Walk): ValueType => {
  if (type.kind === 'dyn') return DYN;
  if (type.kind !== 'object' || !('members' in type)) {
    walk.report('type_mismatch', `.${field}: a ${nameOf(type)} has no members`);
    return DYN;
  }
  const member = type.members.get(field);
  if (member) return member;
  if (type.rest) return type.rest;
  const names = [...type.members.keys()];
  const listed = names.length > 0 && names.length <= 20 ? `; there are ${names.join(', ')}` : '';
  walk.report('unknown_member', `.${field} is not a member${listed}`);
  return DYN;
};

type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];
type Comprehension = Extract<Expr['exprKind'], { case: 'comprehensionExpr' }>['value'];

const typeOfCall = (call: Call, names: Names, walk: Walk): ValueType => {
  const target = call.target ? typeOf(call.target, names, walk) : null;
  const args = call.args.map((argument) => typeOf(argument, names, walk));
  switch (call.function) {
    case '_==_':
    case '_!=_':
      return comparison(args, walk);
    case '_?_:_':
      if (args[0] && !fits(args[0], 'bool'))
        walk.report('type_mismatch', `? needs true or false before it, not a ${nameOf(args[0])}`);
      return joined(args[1] ?? DYN, args[2] ?? DYN);
    case '_[_]':
      return indexed(args[0] ?? DYN, args[1] ?? DYN, call.args[1], walk);
    case '_+_':
      if (args[0]?.kind === 'list' && args[1]?.kind === 'list') return joined(args[0], args[1]);
      break;
  }
  return overloaded(call.function, target, args, walk);
};

const comparison = ([a = DYN, b = DYN]: readonly ValueType[], walk: Walk): ValueType => {
  const isFree = (type: ValueType): boolean => type.kind === 'dyn' || type.kind === 'null';
  if (!isFree(a) && !isFree(b) && a.kind !== b.kind)
    walk.report('type_mismatch', `compares a ${nameOf(a)} with a ${nameOf(b)}, which are never equal`);
  return BOOL;
};

const indexed = (of: ValueType, by: ValueType, byExpr: Expr | undefined, walk: Walk): ValueType => {
  if (of.kind === 'dyn') return DYN;
  if (of.kind === 'list' && 'of' in of) {
    if (!fits(by, 'number')) walk.report('type_mismatch', `a list is indexed with a number, not a ${nameOf(by)}`);
    return of.of;
  }
  if (of.kind !== 'object') {
    walk.report('type_mismatch', `a ${nameOf(of)} has nothing to index`);
    return DYN;
  }
  const kind = byExpr?.exprKind;
  const constant = kind?.case === 'constExpr' ? kind.value.constantKind : undefined;
  return constant?.case === 'stringValue' ? memberOf(of, constant.value, walk) : DYN;
};

const fits = (type: ValueType, kind: Overload['args'][number]): boolean =>
  kind === 'any' || type.kind === 'dyn' || type.kind === kind;

const OPERATOR = /^_?([^_A-Za-z]+)_$|^_([^_A-Za-z]+)_$/;

const overloaded = (name: string, target: ValueType | null, args: readonly ValueType[], walk: Walk): ValueType => {
  const overloads = FUNCTIONS[name];
  if (!overloads) {
    walk.report('unknown_function', `there is no function ${name}`);
    return DYN;
  }
  const all = target ? [target, ...args] : args;
  const fitting = overloads.filter(
    (one) =>
      (one.isMethod === true) === (target !== null) &&
      one.args.length === all.length &&
      all.every((type, index) => fits(type, one.args[index] ?? 'any')),
  );
  const [first] = fitting;
  if (!first) {
    const operator = OPERATOR.exec(name)
      ?.slice(1)
      .find((part) => part !== undefined);
    walk.report('type_mismatch', `${operator ?? name} does not take ${all.map(nameOf).join(' and ') || 'nothing'}`);
    return DYN;
  }
  return fitting.every(({ result }) => result.kind === first.result.kind) ? first.result : DYN;
};

/** What `all`, `exists`, `map` and `filter` become: a loop over a range, with something gathered on the way. */
const typeOfComprehension = (loop: Comprehension, names: Names, walk: Walk): ValueType => {
  const range = loop.iterRange ? typeOf(loop.iterRange, names, walk) : DYN;
  if (range.kind !== 'list' && range.kind !== 'object' && range.kind !== 'dyn')
    walk.report('type_mismatch', `goes through a list or an object, not a ${nameOf(range)}`);
  const item = range.kind === 'list' && 'of' in range ? range.of : range.kind === 'object' ? STRING : DYN;
  const start = loop.accuInit ? typeOf(loop.accuInit, names, walk) : DYN;
  const inside = new Map([...names, [loop.iterVar, item], [loop.accuVar, start]]);
  if (loop.iterVar2 !== '') inside.set(loop.iterVar2, DYN);
  const step = loop.loopStep ? typeOf(loop.loopStep, inside, walk) : start;
  // Of an empty list at the start nothing is known but that it is one: what the first step makes of it counts.
  const gathered = start.kind === 'list' ? step : joined(start, step);
  return loop.result ? typeOf(loop.result, new Map([...names, [loop.accuVar, gathered]]), walk) : gathered;
};
