/** The four reads that are measured, as a client sends them. */
export interface ReadCase {
  readonly name: string;
  readonly document: string;
}

export const Q1: ReadCase = {
  name: 'Q1 one customer, nested',
  document: `query Q1($id: ID!) {
  customer(id: $id) {
    id number name stage region
    industry { code nameZh nameEn }
    grade {
      inForce { value rank } model { value } basis version
      rating { id score modelGrade { value } ratedAt }
    }
    openRequests { id number kind state version submittedAt levels { ordinal role quorum approvals current } }
  }
}`,
};

export const Q2: ReadCase = {
  name: 'Q2 filtered page of 50',
  document: `query Q2($where: CustomerWhere, $first: Int!) {
  customers(first: $first, where: $where) {
    nodes {
      id number name stage region
      grade { inForce { value rank } rating { id score ratedAt } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
};

export const Q3: ReadCase = {
  name: 'Q3 inbox of 50',
  document: `query Q3($first: Int!) {
  changeRequests(first: $first, where: { tab: WAITING_FOR_ME }) {
    nodes {
      id number kind state version submittedAt decideBy
      customer { id number name }
      levels { ordinal role quorum approvals current }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
};

export const Q4: ReadCase = {
  name: 'Q4 page deep in a list',
  document: `query Q4($first: Int!, $after: String) {
  customers(first: $first, after: $after) {
    nodes { id number name stage grade { inForce { value rank } } }
    pageInfo { hasNextPage endCursor }
  }
}`,
};

export const PAGE_SIZE = 50;
