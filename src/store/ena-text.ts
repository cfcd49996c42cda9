/** An unsigned 64-bit `numeric` as `0x…`: to_hex takes the bigint of the same 64 bits. */
export function enaAsText(column: string): string {
  return `'0x' || to_hex((CASE WHEN ${column} >= 9223372036854775808
                               THEN ${column} - 18446744073709551616 ELSE ${column} END)::bigint)`;
}
