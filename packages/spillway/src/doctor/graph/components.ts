/** Strongly connected components (Tarjan, 1972). No recursion: a chain of processes may be thousands long. */

/**
 * Sets of nodes that can reach each other, and single nodes that reach themselves. Ignores successors outside
 * `nodes`.
 */
export function components(
  nodes: readonly number[],
  successors: (node: number) => readonly number[],
): number[][] {
  const known = new Set(nodes);
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const onStack = new Set<number>();
  const stack: number[] = [];
  const found: number[][] = [];

  const enter = (node: number) => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    onStack.add(node);
    return { node, rest: successors(node).filter((next) => known.has(next)), at: 0 };
  };
  const lower = (node: number, value: number) => low.set(node, Math.min(low.get(node) as number, value));

  for (const start of nodes) {
    if (index.has(start)) continue;
    const path = [enter(start)];
    for (let here = path.at(-1); here; here = path.at(-1)) {
      const next = here.rest[here.at++];
      if (next === undefined) {
        path.pop();
        const above = path.at(-1);
        if (above) lower(above.node, low.get(here.node) as number);
        if (low.get(here.node) === index.get(here.node)) {
          const members = stack.splice(stack.indexOf(here.node));
          for (const member of members) onStack.delete(member);
          if (members.length > 1 || here.rest.includes(here.node)) found.push(members);
        }
      } else if (!index.has(next)) path.push(enter(next));
      else if (onStack.has(next)) lower(here.node, index.get(next) as number);
    }
  }
  return found;
}
