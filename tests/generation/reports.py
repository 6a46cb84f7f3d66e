"""Invented reports, as a reader meets them: normal, busy, doubtful, with devices, with odd places."""

REPORTS = (
    "The heart is normal in size. The lungs are clear. No pleural effusion or pneumothorax.",
    "Small left pleural effusion with mild opacity in the left lower lobe. No pneumothorax. Heart size is normal.",
    "Severe cardiomegaly. Bilateral pleural effusions. Possible pulmonary edema.",
    "There is a moderate right pneumothorax. Possible rib fracture. Pacemaker in place.",
    "Multiple small nodules in the right upper lobe. Questionable left upper lobe opacity. The mediastinum is normal.",
    "Possible bilateral atelectasis. Probable small right effusion. No consolidation.",
    "No evidence of cardiomegaly, consolidation, pneumothorax or pleural effusion.",
    "Mild cardiomegaly. Stable large right pleural effusion. Right lower lobe consolidation cannot be excluded.",
)
